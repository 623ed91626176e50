//! Somebody of Acme who signs in by a code, and what they confirm it with.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;
use totp_rs::{Builder, Secret, Totp};

use super::{Client, Example, soon};

const STEP: u64 = 30;

/// An authenticator app.
#[derive(Clone, Debug)]
pub(crate) struct App {
    totp: Totp,
    /// The first time step whose code was not given away yet.
    next: u64,
}

impl App {
    fn of(secret: &str) -> Self {
        let secret = Secret::try_from_base32(secret).unwrap();
        Self { totp: Builder::new().with_secret(secret).build().unwrap(), next: 0 }
    }

    /// A code that was not given away before: of now, or of the step to come, which counts too.
    pub(crate) fn code(&mut self) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() / STEP;
        let step = self.next.max(now);
        assert!(step <= now + 1, "this test takes more codes than there are");
        self.next = step + 1;
        self.totp.generate(step * STEP).to_string()
    }
}

/// Somebody who is signed in, with their cookies or their token.
pub(crate) struct Person {
    pub(crate) client: Client,
}

impl Person {
    /// Signs in to Acme by a code from the mailbox.
    pub(crate) async fn sign_in(example: &Example, name: &str) -> Self {
        let address = format!("{name}@acme.example");
        let mut client = Client::of(example);
        let before = codes(&mut client, &address).await.len();
        client.post_json("/auth/o/acme", json!({"email_address": address})).await.expect(200);
        let code = soon("the mail with the code", async {
            loop {
                match codes(&mut client, &address).await {
                    codes if codes.len() > before => return codes[0].clone(),
                    _ => tokio::time::sleep(Duration::from_millis(10)).await,
                }
            }
        })
        .await;
        let proof = json!({"email_address": address, "organization_slug": "acme", "code": code});
        let answer = client.post_json("/auth/code", proof).await.expect(200);
        let mut person = Self { client };
        person.keep_token(&answer.json());
        person
    }

    /// Sets an app up; it counts from the next sign-in on, and in other sessions.
    pub(crate) async fn set_app_up(&mut self) -> App {
        let begun = self.client.post_json("/auth/enrol/totp", json!({})).await.expect(200).json();
        let mut app = App::of(begun["secret"].as_str().unwrap());
        let form = json!({"code": app.code()});
        let done = self.client.post_json("/auth/enrol/totp/confirm", form).await.expect(200);
        self.keep_token(&done.json());
        app
    }

    /// Answers a challenge by the app.
    pub(crate) async fn answer(&mut self, challenge_token: &str, app: &mut App) {
        let form = json!({"challenge_token": challenge_token, "code": app.code()});
        let raised = self.client.post_json("/auth/step-up/totp", form).await.expect(200);
        self.keep_token(&raised.json());
    }

    pub(crate) async fn sign_out(&mut self) {
        self.client.post_json("/auth/sign-out", json!({})).await.expect(200);
    }

    /// Where tokens travel in bodies, the newest one counts.
    fn keep_token(&mut self, answer: &serde_json::Value) {
        let token = answer["session_token"].as_str().unwrap_or_default();
        if !token.is_empty() {
            self.client.bearer = Some(token.to_owned());
        }
    }
}

/// The codes that have come to an address, newest first.
async fn codes(client: &mut Client, address: &str) -> Vec<String> {
    let mailbox = client.get("/mailbox").await.expect(200).text;
    let letters = mailbox.split("To ").filter(|letter| letter.starts_with(address));
    let six_digits = |letter: &str| {
        letter.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == 6).map(str::to_owned)
    };
    letters.filter_map(six_digits).collect()
}
