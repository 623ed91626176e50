//! What is wrong is told at the start, with its key; and what the documents say is right.

use std::fs;

use tempfile::tempdir;

use crate::{
    application::Application,
    process::{Gateway, command, written},
    wire::{Head, ask, request},
};

const DOCUMENT: &str = include_str!("../../../docs/gateway.md");
const KEY: &str = "first:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// Checks a configuration: whether it is right, and what is printed of it.
async fn check(toml: &str, environment: &[(&str, &str)], options: &[&str]) -> (bool, Vec<String>) {
    let file = written(toml);
    let output = command()
        .arg("--check")
        .arg("--config")
        .arg(file.path())
        .args(options)
        .envs(environment.iter().copied())
        .output()
        .await
        .unwrap();
    let lines = |bytes: &[u8]| String::from_utf8_lossy(bytes).lines().map(str::to_owned).collect::<Vec<_>>();
    let printed = [lines(&output.stdout), lines(&output.stderr)].concat();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{printed:#?}");
    (output.status.success(), printed)
}

#[track_caller]
fn tells(printed: &[String], line: &str) {
    assert_eq!(printed.iter().filter(|told| told.starts_with(line)).count(), 1, "{line}\n{printed:#?}");
}

/// The production configuration of the document, over files that are there.
fn production(folder: &std::path::Path) -> String {
    let (_, after) = DOCUMENT.split_once("```toml\n").unwrap();
    let toml = after.split("```").next().unwrap();
    for (name, text) in [("master.keys", KEY), ("smtp-password", "hunter2\n"), ("sms-token", "hunter3\n")] {
        fs::write(folder.join(name), text).unwrap();
    }
    let folder = folder.to_str().unwrap();
    toml.replace("/etc/gateway", folder).replace("/var/lib/gateway", folder)
}

#[tokio::test]
async fn the_documented_configuration_is_right() {
    let folder = tempdir().unwrap();
    let toml = production(folder.path());
    let (right, printed) = check(&toml, &[], &[]).await;
    assert!(right, "{printed:#?}");
    assert!(!folder.path().join("vestibule.db").exists(), "a check writes nothing");
    let example = include_str!("../../gateway/gateway.toml");
    assert!(check(example, &[], &[]).await.0);
    assert!(check("", &[], &["--development", "--upstream", "http://app:9000"]).await.0);
}

#[cfg(unix)]
#[tokio::test]
async fn a_production_gateway_serves_its_origin_and_keeps_its_keys() {
    let folder = tempdir().unwrap();
    let application = Application::echo().await;
    let toml = production(folder.path())
        .replace("127.0.0.1:3000", "127.0.0.1:0")
        .replace("127.0.0.1:9000", &application.address.to_string());
    let mut keys = Vec::new();
    for _ in 0..2 {
        let mut gateway = Gateway::of(&toml).await;
        keys.push(ask(gateway.address, &request("GET /auth/jwks.json", &[], "")).await.body);
        let headers = ["X-Forwarded-For: 6.6.6.6, 198.51.100.7", "X-Forwarded-Proto: http"];
        let seen = Head(ask(gateway.address, &request("GET /assets/style.css", &headers, "")).await.body);
        assert_eq!(seen.one("x-forwarded-for"), "6.6.6.6, 198.51.100.7, 127.0.0.1");
        assert_eq!((seen.one("host"), seen.one("x-forwarded-proto")), ("reports.acme.example", "https"));

        let json = ["Content-Type: application/json"];
        let started = request("POST /auth/sign-in", &json, r#"{"email_address":"ada@acme.example"}"#);
        let cookies = ask(gateway.address, &started).await.head;
        let cookies = cookies.all("set-cookie");
        let safe = |cookie: &&str| cookie.starts_with("__Host-vestibule_") && cookie.contains("; Secure");
        assert!(!cookies.is_empty() && cookies.iter().all(safe), "{cookies:?}");
        gateway.terminate().await;
        assert!(gateway.ends_well().await);
    }
    assert_eq!(keys[0], keys[1]);

    fs::write(folder.path().join("master.keys"), KEY.replace("AAEC", "BBBB")).unwrap();
    let output = command().arg("--config").arg(written(&toml).path()).output().await.unwrap();
    let printed = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && printed.starts_with("master_keys.file: "), "{printed}");
}

#[tokio::test]
async fn everything_that_is_missing_is_told_at_once() {
    let (right, printed) = check("", &[], &[]).await;
    assert!(!right);
    let keys =
        ["project_id", "name", "origin", "upstream.url", "store.path", "master_keys.file", "email.server"];
    for key in keys {
        tells(&printed, &format!("{key}: is missing"));
    }
    assert_eq!(printed.len(), 7, "{printed:#?}");
    // What is there and wrong is not missing.
    let wrong: String = keys.iter().map(|key| format!("{key} = 5\n")).collect();
    let (_, printed) = check(&(wrong + "routes = [{ prefix = 5 }]"), &[], &[]).await;
    for key in keys.iter().chain(&["routes[0].prefix"]) {
        tells(&printed, &format!("{key}: expected "));
    }
    assert_eq!(printed.len(), 8, "{printed:#?}");
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once() {
    let folder = tempdir().unwrap();
    let toml = production(folder.path())
        .replace("[upstream]", "retries = 3\n[upstream]\nconnect_timeout = 'soon'")
        .replace("https://reports.acme.example", "http://reports.acme.example")
        .replace("smtps://", "smtp://")
        + "[[routes]]\nprefix = '/a/../b'\n[[routes]]\nprefix = '/auth/x'\npublic = true\n\
           [[routes]]\nprefix = '/ok'\npublic = true\nrole = 'x'\n[[routes]]\nprefix = '/fresh'\nwithin = '5m'\n";
    let environment = [
        ("VESTIBULE_SESSIONS__DURATION", "2m"),
        ("VESTIBULE_SESSIONS__IDLE", "10s"),
        ("VESTIBULE_SMS__URL", "https://sms.example.com:https/send"),
        ("VESTIBULE_UPSTREAM__TIMEOUTS", "1s"),
    ];
    let (right, printed) = check(&toml, &environment, &["--listen", "nowhere"]).await;
    assert!(!right);
    for key in [
        "retries",
        "upstream.connect_timeout",
        "upstream.timeouts",
        "origin",
        "email.server",
        "sessions.duration",
        "sessions.idle",
        "sms.url",
        "listen",
    ] {
        tells(&printed, &format!("{key}: "));
    }
    let routes = printed.iter().filter(|line| line.starts_with("routes[")).count();
    assert_eq!((routes, printed.len()), (4, 13), "{printed:#?}");
    assert!(!printed.concat().contains("hunter"), "{printed:#?}");
}

#[tokio::test]
async fn secrets_come_from_files_or_the_environment() {
    let folder = tempdir().unwrap();
    let toml = production(folder.path());
    let without = toml.replace("\nfile = ", "\n# file = ").replace("password_file", "# password_file");
    let environment = [("VESTIBULE_MASTER_KEYS__TEXT", KEY), ("VESTIBULE_EMAIL__PASSWORD", "[1]")];
    let (right, printed) = check(&without, &environment, &[]).await;
    assert!(right, "{printed:#?}");
    let (_, printed) = check(&without, &[("VESTIBULE_MASTER_KEYS__TEXT", "first:c2hvcnQ=")], &[]).await;
    tells(&printed, "master_keys.text: master key \"first\" has 5 bytes instead of 32");
    tells(&printed, "email.password_file: is missing, and email.user is set");
    let (_, printed) = check(&toml.replace("master.keys", "no.keys"), &[], &[]).await;
    tells(&printed, "master_keys.file: the key file ");
    let (_, printed) = check(&toml.replace("[email]", "[email]\npassword = 'hunter2'"), &[], &[]).await;
    tells(
        &printed,
        "email.password: is a secret; name a file in email.password_file, or set VESTIBULE_EMAIL__PASSWORD",
    );
    assert!(!printed.concat().contains("hunter2"), "{printed:#?}");
}

#[tokio::test]
async fn a_secret_for_nothing_is_told() {
    let folder = tempdir().unwrap();
    let toml = production(folder.path());
    let (right, printed) = check(&toml.replace("user = ", "# user = "), &[], &[]).await;
    tells(&printed, "email.user: is missing, and email.password_file is set");
    assert!(!right && printed.len() == 1, "{printed:#?}");
    let (right, printed) = check(&toml.replace("password_file", "# password_file"), &[], &[]).await;
    tells(&printed, "email.password_file: is missing, and email.user is set");
    assert!(!right && printed.len() == 1, "{printed:#?}");
    let (right, printed) = check(&toml.replace("url = \"https://sms", "# \"https://sms"), &[], &[]).await;
    tells(&printed, "sms.url: is missing, and sms.bearer_file is set");
    assert!(!right && printed.len() == 1, "{printed:#?}");

    let development = "development = true\n[upstream]\nurl = 'http://app'\n";
    let environment = [("VESTIBULE_SMS__BEARER", "hunter3"), ("VESTIBULE_EMAIL__PASSWORD", "hunter2")];
    let (_, printed) = check(development, &environment, &[]).await;
    tells(&printed, "sms.url: is missing, and sms.bearer is set");
    tells(&printed, "email.user: is missing, and email.password is set");
    assert!(printed.len() == 2 && !printed.concat().contains("hunter"), "{printed:#?}");
}

#[tokio::test]
async fn no_secret_is_printed_wherever_it_was_put() {
    for (toml, told) in [
        ("[email]\npassword = hunter2", "line 2, column 12: "),
        ("[email]\npassword = 'hunter2", "line 2, column "),
        ("[sms]\nbearer = \"é\" hunter2", "line 2, column 14: "),
        ("master_keys = 'first:hunter2'", "master_keys: expected a section"),
        ("email = 'hunter2'", "email: expected a section"),
        ("[master_keys]\nfile = ['hunter2']", "master_keys.file: expected "),
        ("[sms]\ntoken = 'hunter2'", "sms.token: unknown field"),
        ("password = 'hunter2'", "password: unknown field"),
    ] {
        let (right, printed) = check(toml, &[], &["--development", "--upstream", "http://app"]).await;
        assert!(!right && printed.iter().any(|line| line.contains(told)), "{toml}\n{printed:#?}");
        assert!(!printed.concat().contains("hunter2"), "{toml}\n{printed:#?}");
    }
    let environment = [("VESTIBULE_MASTER_KEYS", "first:hunter2"), ("VESTIBULE_EMAIL", "hunter2")];
    let (_, printed) = check("", &environment, &["--development", "--upstream", "http://app"]).await;
    tells(&printed, "master_keys: expected a section (set by VESTIBULE_MASTER_KEYS)");
    tells(&printed, "email: expected a section (set by VESTIBULE_EMAIL)");
    assert!(!printed.concat().contains("hunter2"), "{printed:#?}");
}

#[tokio::test]
async fn development_is_for_this_machine_alone() {
    let development = "development = true\n[upstream]\nurl = 'http://app'\n";
    let (_, printed) = check(&format!("origin = 'https://app.example'\n{development}"), &[], &[]).await;
    tells(&printed, "origin: \"https://app.example\" is public");
    let (_, printed) = check(development, &[], &["--listen", "0.0.0.0:3000"]).await;
    tells(&printed, "listen: ");
    let (_, printed) = check(development, &[("VESTIBULE_STORE__PATH", "gateway.db")], &[]).await;
    tells(&printed, "master_keys.file: is missing");
}

#[tokio::test]
async fn a_file_that_is_none_is_told() {
    let (right, printed) = check("listen = \n", &[], &["--development", "--upstream", "http://app"]).await;
    assert!(!right && printed.concat().contains("line 1"), "{printed:#?}");
    let output = command().args(["--check", "--config", "/nowhere.toml"]).output().await.unwrap();
    assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("/nowhere.toml: "));
    let output = command().arg("--password=hunter2").output().await.unwrap();
    assert_eq!(output.status.code(), Some(2), "nothing secret is an option");
}
