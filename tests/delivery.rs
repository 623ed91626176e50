//! How codes and links reach people: the outbox, the development mailbox, SMTP, the SMS webhook.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    sync::oneshot,
    time::{Instant, advance, sleep},
};
use vestibule::{
    deliver::{
        DeliveryError, DeliveryErrorKind, Email, EmailSender, Mailbox, Message, Outbox, OutboxFull, Sending,
        Sms, SmsSender,
    },
    domain::{EmailAddress, PhoneNumber},
};

const CODE: &str = "code 493817";

fn email(to: &str) -> Email {
    Email::new(EmailAddress::parse(to).unwrap(), "Your code", CODE.into())
}

fn sms() -> Sms {
    Sms::new(PhoneNumber::parse("+15551234567").unwrap(), CODE.into())
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// What a [`Scripted`] sender does with one try.
#[derive(Clone, Copy)]
enum Answer {
    Sent,
    Later,
    Never,
    Takes(Duration),
}

/// Answers by a script, then with `Sent`; notes when whom it was asked for.
struct Scripted {
    script: Mutex<VecDeque<Answer>>,
    start: Instant,
    tries: Mutex<Vec<(String, Duration)>>,
}

impl Scripted {
    fn new(script: &[Answer]) -> Self {
        Self {
            script: Mutex::new(script.iter().copied().collect()),
            start: Instant::now(),
            tries: Mutex::default(),
        }
    }

    fn try_it(&self, to: &str) -> Sending<'_> {
        self.tries.lock().unwrap().push((to.to_owned(), self.start.elapsed()));
        let answer = self.script.lock().unwrap().pop_front().unwrap_or(Answer::Sent);
        Box::pin(async move {
            match answer {
                Answer::Sent => Ok(()),
                Answer::Later => Err(DeliveryError::temporary("later").with_code(451)),
                Answer::Never => Err(DeliveryError::permanent("never").with_code(550)),
                Answer::Takes(time) => {
                    sleep(time).await;
                    Ok(())
                }
            }
        })
    }

    /// Whole seconds from the start to each try.
    fn times(&self) -> Vec<u64> {
        self.tries.lock().unwrap().iter().map(|(_, at)| at.as_secs()).collect()
    }

    fn time_of(&self, to: &str) -> Option<Duration> {
        self.tries.lock().unwrap().iter().find(|(asked, _)| asked == to).map(|(_, at)| *at)
    }
}

impl EmailSender for Scripted {
    fn send<'a>(&'a self, email: &'a Email) -> Sending<'a> {
        self.try_it(email.to().as_str())
    }
}

impl SmsSender for Scripted {
    fn send<'a>(&'a self, sms: &'a Sms) -> Sending<'a> {
        self.try_it(sms.to().as_str())
    }
}

/// Lets the outbox work for a while, then stops it.
async fn run_for(outbox: &Outbox, email: &Scripted, sms: &Scripted, time: Duration) {
    outbox.run(email, sms, sleep(time)).await;
}

#[tokio::test(start_paused = true)]
async fn a_temporary_failure_is_tried_again_with_growing_waits() {
    let (sender, idle) = (Scripted::new(&[Answer::Later; 9]), Scripted::new(&[]));
    let outbox = Outbox::default();
    outbox.post(email("ada@example.com").into()).unwrap();
    run_for(&outbox, &sender, &idle, secs(1_000)).await;
    assert_eq!(sender.times(), [0, 1, 6, 36, 156]);
}

#[tokio::test(start_paused = true)]
async fn the_try_that_succeeds_is_the_last() {
    let (sender, idle) = (Scripted::new(&[Answer::Later, Answer::Later]), Scripted::new(&[]));
    let outbox = Outbox::default();
    outbox.post(email("ada@example.com").into()).unwrap();
    run_for(&outbox, &sender, &idle, secs(1_000)).await;
    assert_eq!(sender.times(), [0, 1, 6]);
}

#[tokio::test(start_paused = true)]
async fn a_permanent_failure_is_not_tried_again() {
    let (idle, sender) = (Scripted::new(&[]), Scripted::new(&[Answer::Never]));
    let outbox = Outbox::default();
    outbox.post(sms().into()).unwrap();
    run_for(&outbox, &idle, &sender, secs(1_000)).await;
    assert_eq!(sender.times(), [0]);
}

#[tokio::test(start_paused = true)]
async fn a_try_ends_after_30_seconds() {
    let (sender, idle) = (Scripted::new(&[Answer::Takes(secs(10_000))]), Scripted::new(&[]));
    let outbox = Outbox::default();
    outbox.post(email("ada@example.com").into()).unwrap();
    run_for(&outbox, &sender, &idle, secs(1_000)).await;
    assert_eq!(sender.times(), [0, 31]);
}

#[tokio::test(start_paused = true)]
async fn slow_and_failing_messages_do_not_hold_up_others() {
    let slow = [Answer::Takes(secs(29)); 7];
    let failing = [Answer::Later; 20];
    let (sender, idle) = (Scripted::new(&[&slow[..], &failing[..]].concat()), Scripted::new(&[]));
    let outbox = Outbox::default();
    for number in 0..28 {
        outbox.post(email(&format!("p{number}@example.com")).into()).unwrap();
    }
    run_for(&outbox, &sender, &idle, secs(5)).await;
    assert_eq!(sender.time_of("p27@example.com"), Some(Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_one_kind_does_not_hold_up_the_other() {
    let (emails, texts) = (Scripted::new(&[]), Scripted::new(&[Answer::Takes(secs(29)); 20]));
    let outbox = Outbox::new(20);
    for _ in 0..20 {
        outbox.post(sms().into()).unwrap();
    }
    assert_eq!(outbox.post(sms().into()), Err(OutboxFull));
    outbox.post(email("ada@example.com").into()).unwrap();
    run_for(&outbox, &emails, &texts, secs(1)).await;
    assert_eq!(emails.times(), [0]);
    assert_eq!(texts.times(), [0; 8], "eight at a time");
}

#[tokio::test(start_paused = true)]
async fn messages_that_come_at_once_are_sent_at_once() {
    let (sender, idle) = (Scripted::new(&[Answer::Takes(secs(20)); 8]), Scripted::new(&[]));
    let outbox = Outbox::default();
    let post = async {
        // By now all workers wait.
        sleep(secs(1)).await;
        for _ in 0..8 {
            outbox.post(email("ada@example.com").into()).unwrap();
        }
    };
    tokio::join!(post, run_for(&outbox, &sender, &idle, secs(2)));
    assert_eq!(sender.times(), [1; 8]);
}

#[tokio::test(start_paused = true)]
async fn a_full_outbox_refuses_until_there_is_room() {
    let (sender, idle) = (Scripted::new(&[Answer::Sent, Answer::Later]), Scripted::new(&[]));
    let outbox = Outbox::new(2);
    outbox.post(email("ada@example.com").into()).unwrap();
    outbox.post(email("bob@example.com").into()).unwrap();
    assert_eq!(outbox.post(email("eve@example.com").into()), Err(OutboxFull));

    let later = async {
        sleep(Duration::from_millis(500)).await;
        outbox.post(email("eve@example.com").into()).unwrap();
        let refused = outbox.post(email("eve@example.com").into());
        assert_eq!(refused, Err(OutboxFull), "one that waits for its next try takes room");
    };
    // Eve's message is under way, and Bob's waits, when the fourth comes.
    sender.script.lock().unwrap().push_back(Answer::Takes(secs(1)));
    tokio::join!(run_for(&outbox, &sender, &idle, secs(5)), later);
    assert_eq!(sender.times(), [0, 0, 0, 1]);
    outbox.post(email("ada@example.com").into()).unwrap();
    outbox.post(email("ada@example.com").into()).unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_is_useless_is_not_sent() {
    let (sender, idle) = (Scripted::new(&[Answer::Later; 2]), Scripted::new(&[]));
    let outbox = Outbox::default();
    outbox.post(email("late@example.com").useful_for(secs(60)).into()).unwrap();
    advance(secs(60)).await;
    outbox.post(email("ada@example.com").useful_for(secs(4)).into()).unwrap();
    run_for(&outbox, &sender, &idle, secs(1_000)).await;
    assert_eq!(sender.time_of("late@example.com"), None);
    assert_eq!(sender.times(), [60, 61], "the third try would come after 6 seconds");
}

#[tokio::test(start_paused = true)]
async fn stopping_sends_what_is_left() {
    let (emails, texts) = (Scripted::new(&[]), Scripted::new(&[Answer::Later; 9]));
    let outbox = Outbox::default();
    for number in 0..100 {
        outbox.post(email(&format!("p{number}@example.com")).into()).unwrap();
    }
    outbox.post(sms().into()).unwrap();
    outbox.run(&emails, &texts, async {}).await;
    assert_eq!(emails.times(), [0; 100]);
    assert_eq!(texts.times(), [0], "the last try");
}

#[tokio::test(start_paused = true)]
async fn stopping_tries_once_more_what_waits_for_its_next_try() {
    let (sender, idle) = (Scripted::new(&[Answer::Later; 3]), Scripted::new(&[]));
    let outbox = Outbox::default();
    outbox.post(email("ada@example.com").into()).unwrap();
    run_for(&outbox, &sender, &idle, secs(10)).await;
    assert_eq!(sender.times(), [0, 1, 6, 10]);
}

#[tokio::test(start_paused = true)]
async fn stopping_takes_at_most_10_seconds() {
    let (sender, idle) = (Scripted::new(&[Answer::Takes(secs(29)); 20]), Scripted::new(&[]));
    let outbox = Outbox::new(20);
    for _ in 0..20 {
        outbox.post(email("ada@example.com").into()).unwrap();
    }
    let start = Instant::now();
    run_for(&outbox, &sender, &idle, secs(5)).await;
    assert_eq!(start.elapsed().as_secs(), 15);

    run_for(&outbox, &Scripted::new(&[]), &idle, secs(1)).await;
    assert_eq!(sender.times(), [0; 8]);
    for _ in 0..20 {
        outbox.post(email("ada@example.com").into()).unwrap();
    }
}

#[tokio::test]
async fn the_mailbox_keeps_the_newest_200() {
    let (mailbox, outbox) = (Mailbox::new(), Outbox::default());
    for number in 1..=205 {
        outbox.post(email(&format!("p{number}@example.com")).into()).unwrap();
    }
    outbox.run(&mailbox, &mailbox, async {}).await;
    let messages = mailbox.messages();
    assert_eq!(messages.len(), 200);
    assert_eq!((messages[0].number, messages[199].number), (205, 6));
    assert_eq!(messages[0].to, "p205@example.com");
    assert_eq!(messages[0].subject, "Your code");
    assert_eq!(messages[0].text, CODE);
}

#[tokio::test]
async fn the_mailbox_can_be_waited_for() {
    let (mailbox, outbox) = (Mailbox::new(), Outbox::default());
    let (stop, stopped) = oneshot::channel::<()>();
    let test = async {
        outbox.post(email("ada@example.com").into()).unwrap();
        let first = mailbox.wait_for("ada@example.com", 0).await;
        assert_eq!(first.number, 1);
        outbox.post(sms().into()).unwrap();
        let text = mailbox.wait_for("+15551234567", first.number).await;
        assert_eq!((text.number, text.subject.as_str()), (2, ""));
        let (third, ()) = tokio::join!(mailbox.wait_for("ada@example.com", first.number), async {
            outbox.post(email("ada@example.com").into()).unwrap();
        });
        assert_eq!(third.number, 3);
        stop.send(()).unwrap();
    };
    tokio::join!(test, outbox.run(&mailbox, &mailbox, stopped));
}

#[tokio::test]
async fn nothing_prints_a_text() {
    let (outbox, mailbox) = (Outbox::default(), Mailbox::new());
    outbox.post(email("ada@example.com").into()).unwrap();
    let before = format!("{outbox:?}");
    outbox.run(&mailbox, &mailbox, async {}).await;
    let received = mailbox.wait_for("ada@example.com", 0).await;
    let error = DeliveryError::permanent("no").with_code(550);
    for text in [
        before,
        format!("{mailbox:?} {received:?}"),
        format!("{:?} {:?}", email("ada@example.com"), sms()),
        format!("{:?} {:?}", Message::from(email("ada@example.com")), Message::from(sms())),
        format!("{error:?} {error} {OutboxFull:?} {OutboxFull}"),
    ] {
        assert!(!text.contains("493817"), "{text}");
    }
    assert!(format!("{received:?}").contains("[redacted]"));
    assert!(format!("{:?}", email("ada@example.com")).contains("[redacted]"));
    assert_eq!((error.kind(), error.code()), (DeliveryErrorKind::Permanent, Some(550)));
    assert_eq!(error.to_string(), "no (550)");
}

#[tokio::test(start_paused = true)]
async fn giving_up_is_told_once_and_names_nobody() {
    let trace = Trace::default();
    // While there is one subscriber, what another test's thread comes to first is never traced anywhere.
    let _second = tracing::Dispatch::new(Trace::default());
    let _guard = tracing::subscriber::set_default(trace.clone());
    let (emails, texts) = (Scripted::new(&[Answer::Later; 9]), Scripted::new(&[Answer::Never]));
    let outbox = Outbox::default();
    outbox.post(email("ada@example.com").into()).unwrap();
    outbox.post(sms().into()).unwrap();
    run_for(&outbox, &emails, &texts, secs(1_000)).await;
    let lines = trace.lines();
    let [text, email] = lines.as_slice() else { panic!("{lines:#?}") };
    assert!(text.contains("WARN") && text.contains("never (550)") && text.contains("XXXXXXX4567"), "{text}");
    assert!(email.contains("WARN") && email.contains("later (451)"), "{email}");
    assert!(email.contains("***@example.com") && email.contains("failures=5"), "{email}");
    for line in lines {
        assert!(!line.contains("493817") && !line.contains("ada") && !line.contains("555123"), "{line}");
    }
}

/// Writes down all trace events of this crate.
#[derive(Clone, Default)]
struct Trace(Arc<Mutex<Vec<String>>>);

impl Trace {
    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl tracing::Subscriber for Trace {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target().starts_with("vestibule")
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        struct Line(String);
        impl tracing::field::Visit for Line {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                self.0 += &format!(" {field}={value:?}");
            }
        }
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

#[cfg(feature = "smtp")]
mod smtp {
    use tokio::{
        io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
        net::{TcpListener, TcpStream},
        time::timeout,
    };
    use vestibule::deliver::{InvalidSmtp, SmtpSender};

    use super::*;

    /// A message as the server took it.
    #[derive(Clone, Debug)]
    struct Taken {
        from: String,
        to: Vec<String>,
        data: String,
    }

    impl Taken {
        /// Header lines, unfolded.
        fn headers(&self) -> Vec<String> {
            let (head, _) = self.data.split_once("\r\n\r\n").unwrap();
            head.replace("\r\n ", " ").split("\r\n").map(str::to_owned).collect()
        }

        fn header(&self, name: &str) -> String {
            let prefix = format!("{name}: ");
            let found: Vec<_> = self
                .headers()
                .iter()
                .filter_map(|line| line.strip_prefix(&prefix).map(str::to_owned))
                .collect();
            assert_eq!(found.len(), 1, "{name} in {:#?}", self.headers());
            found[0].clone()
        }

        fn body(&self) -> &str {
            self.data.split_once("\r\n\r\n").unwrap().1
        }
    }

    /// A mail server on loopback: the commands of RFC 5321 §4.5.1 in their order, one message after
    /// another on each connection.
    #[derive(Clone, Default)]
    struct Server(Arc<Mutex<State>>);

    #[derive(Default)]
    struct State {
        taken: Vec<Taken>,
        /// Everything that clients said, line by line.
        heard: Vec<String>,
        connections: usize,
        /// What it answers to the next commands of a kind, instead of its own answer. An empty answer
        /// keeps the client waiting.
        answers: Vec<(&'static str, &'static str)>,
    }

    impl Server {
        async fn start() -> (Self, u16) {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let port = listener.local_addr().unwrap().port();
            let server = Self::default();
            let accepting = server.clone();
            tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    accepting.0.lock().unwrap().connections += 1;
                    tokio::spawn(accepting.clone().serve(stream));
                }
            });
            (server, port)
        }

        fn answer(&self, to: &'static str, with: &'static str) {
            self.0.lock().unwrap().answers.push((to, with));
        }

        fn taken(&self) -> Vec<Taken> {
            self.0.lock().unwrap().taken.clone()
        }

        fn connections(&self) -> usize {
            self.0.lock().unwrap().connections
        }

        fn heard(&self) -> Vec<String> {
            self.0.lock().unwrap().heard.clone()
        }

        /// The answer that was asked for, else the usual one.
        fn choose(&self, to: &str, usual: &'static str) -> &'static str {
            let mut state = self.0.lock().unwrap();
            match state.answers.iter().position(|(command, _)| *command == to) {
                Some(index) => state.answers.remove(index).1,
                None => usual,
            }
        }

        async fn serve(self, stream: TcpStream) -> std::io::Result<()> {
            let mut stream = BufReader::new(stream);
            stream.write_all(b"220 loopback ESMTP\r\n").await?;
            let (mut from, mut to) = (None, Vec::new());
            loop {
                let Some(line) = self.line(&mut stream).await? else { return Ok(()) };
                let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
                let path = |text: &str| {
                    let (_, rest) = text.split_once('<').unwrap_or_default();
                    rest.split('>').next().unwrap_or_default().to_owned()
                };
                let usual = match verb.as_str() {
                    "EHLO" => "250-loopback\r\n250 8BITMIME",
                    "MAIL" if from.is_none() => "250 2.1.0 Ok",
                    "RCPT" if from.is_some() => "250 2.1.5 Ok",
                    "DATA" if !to.is_empty() => "354 Go on",
                    "NOOP" | "RSET" => "250 2.0.0 Ok",
                    "QUIT" => "221 2.0.0 Bye",
                    "MAIL" | "RCPT" | "DATA" => "503 5.5.1 Not now",
                    _ => "500 5.5.2 What?",
                };
                let answer = self.choose(&verb, usual);
                let positive = answer.starts_with(['2', '3']);
                match verb.as_str() {
                    "MAIL" if positive => from = Some(path(&line)),
                    "RCPT" if positive => to.push(path(&line)),
                    _ => {}
                }
                self.say(&mut stream, answer).await?;
                if verb == "DATA" && positive {
                    let Some(data) = self.data(&mut stream).await? else { return Ok(()) };
                    let answer = self.choose("end of data", "250 2.0.0 Taken");
                    let (from, to) = (from.take().unwrap(), std::mem::take(&mut to));
                    if answer.starts_with('2') {
                        self.0.lock().unwrap().taken.push(Taken { from, to, data });
                    }
                    self.say(&mut stream, answer).await?;
                }
                if verb == "QUIT" {
                    return stream.shutdown().await;
                }
            }
        }

        async fn say(&self, stream: &mut BufReader<TcpStream>, answer: &str) -> std::io::Result<()> {
            if answer.is_empty() {
                sleep(secs(3_600)).await;
            }
            stream.write_all(format!("{answer}\r\n").as_bytes()).await
        }

        async fn line(&self, stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<String>> {
            let mut line = Vec::new();
            stream.read_until(b'\n', &mut line).await?;
            let Some(line) = line.strip_suffix(b"\r\n") else { return Ok(None) };
            let line = String::from_utf8_lossy(line).into_owned();
            self.0.lock().unwrap().heard.push(line.clone());
            Ok(Some(line))
        }

        /// Reads to the line that is a single dot and takes away what RFC 5321 §4.5.2 put before others.
        async fn data(&self, stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<String>> {
            let mut data = String::new();
            loop {
                let Some(line) = self.line(stream).await? else { return Ok(None) };
                assert!(line.len() <= 998 && line.is_ascii(), "{line:?}");
                if line == "." {
                    return Ok(Some(data));
                }
                data += line.strip_prefix('.').unwrap_or(&line);
                data += "\r\n";
            }
        }
    }

    fn plain(port: u16) -> SmtpSender {
        SmtpSender::insecure_plaintext("127.0.0.1", port, "Acme <sign-in@acme.example>").unwrap()
    }

    async fn send(sender: &SmtpSender, email: &Email) -> Result<(), DeliveryError> {
        EmailSender::send(sender, email).await
    }

    #[tokio::test]
    async fn an_email_arrives_as_it_was_written() {
        let (server, port) = Server::start().await;
        let text = ".starts with a dot\r\n.\r\n..two\nlink: https://acme.example/a?b=c&d=e\n\nend";
        let to = EmailAddress::parse("ada+x@bücher.example").unwrap();
        let email = Email::new(to, "Sign in to Acme", text.into());
        send(&plain(port), &email).await.unwrap();

        let taken = server.taken().remove(0);
        assert_eq!(taken.from, "sign-in@acme.example");
        assert_eq!(taken.to, ["ada+x@xn--bcher-kva.example"]);
        assert_eq!(taken.header("From"), "Acme <sign-in@acme.example>");
        assert_eq!(taken.header("To"), "ada+x@xn--bcher-kva.example");
        assert_eq!(taken.header("Subject"), "Sign in to Acme");
        assert_eq!(taken.header("Auto-Submitted"), "auto-generated");
        assert!(taken.header("Message-ID").ends_with("@acme.example>"));
        assert!(!taken.header("Date").is_empty());
        let arrived = taken.body().strip_suffix("\r\n").unwrap();
        assert_eq!(arrived.replace("\r\n", "\n"), text.replace("\r\n", "\n"));
    }

    #[tokio::test]
    async fn unicode_and_long_lines_travel_as_ascii() {
        let (server, port) = Server::start().await;
        let text = format!("Grüße, {}\n", "x".repeat(2_000));
        let to = EmailAddress::parse("ada@example.com").unwrap();
        send(&plain(port), &Email::new(to, "Schlüssel 🔑", text.as_str().into())).await.unwrap();
        let taken = server.taken().remove(0);
        assert!(taken.header("Subject").starts_with("=?utf-8?"));
        assert_eq!(taken.header("Content-Type"), "text/plain; charset=utf-8");
        let arrived = match taken.header("Content-Transfer-Encoding").as_str() {
            "quoted-printable" => {
                taken.body().replace("=\r\n", "").replace("=C3=BC", "ü").replace("=C3=9F", "ß")
            }
            other => panic!("{other}"),
        };
        assert_eq!(arrived.trim_end(), text.trim_end());
    }

    #[tokio::test]
    async fn no_header_can_be_injected() {
        let (server, port) = Server::start().await;
        let sender = plain(port);
        let to = EmailAddress::parse("ada@example.com").unwrap();
        for subject in [
            "Acme\r\nBcc: eve@example.net\r\n\r\nother text",
            "Acme\nBcc: eve@example.net",
            "Acme\rBcc: eve@example.net",
            "Acme\0\u{85}\u{b}Bcc: eve@example.net",
            "ü\r\nBcc: eve@example.net",
            "=?utf-8?q?Acme=0D=0ABcc:_eve@example.net?=",
            &format!("{}\r\nBcc: eve@example.net", "long ".repeat(300)),
        ] {
            send(&sender, &Email::new(to.clone(), subject, "text".into())).await.unwrap();
            let taken = server.taken().pop().unwrap();
            assert_eq!(taken.to, ["ada@example.com"]);
            assert_eq!(taken.body().trim_end(), "text", "{subject:?}");
            let mut names: Vec<_> =
                taken.headers().iter().map(|line| line.split(':').next().unwrap().to_owned()).collect();
            names.sort();
            assert_eq!(
                names,
                [
                    "Auto-Submitted",
                    "Content-Transfer-Encoding",
                    "Content-Type",
                    "Date",
                    "From",
                    "Message-ID",
                    "Subject",
                    "To"
                ],
                "{subject:?}"
            );
        }
        for from in
            ["Acme\r\nBcc: eve@example.net <a@acme.example>", "a@acme.example\r\nBcc: e@x.de", "", "Acme"]
        {
            let refused = SmtpSender::insecure_plaintext("127.0.0.1", port, from);
            assert_eq!(refused.err(), Some(InvalidSmtp::From), "{from:?}");
        }
    }

    #[tokio::test]
    async fn answers_tell_whether_to_try_again() {
        let (server, port) = Server::start().await;
        let sender = plain(port);
        let cases = [
            ("end of data", "451 4.3.0 Later, not: code 493817", DeliveryErrorKind::Temporary, 451),
            ("end of data", "554 5.7.1 Spam: code 493817", DeliveryErrorKind::Permanent, 554),
            ("RCPT", "550 5.1.1 No such user ada@example.com", DeliveryErrorKind::Permanent, 550),
            ("RCPT", "450 4.2.1 Greylisted", DeliveryErrorKind::Temporary, 450),
            ("MAIL", "421 4.3.2 Shutting down", DeliveryErrorKind::Temporary, 421),
            ("EHLO", "550 5.7.1 Go away", DeliveryErrorKind::Permanent, 550),
        ];
        for (command, answer, kind, code) in cases {
            server.answer(command, answer);
            let error = send(&sender, &email("ada@example.com")).await.unwrap_err();
            assert_eq!((error.kind(), error.code()), (kind, Some(code)), "{answer}");
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains("493817") && !shown.contains("ada"), "{shown}");
        }
        assert!(server.taken().is_empty());
        send(&sender, &email("ada@example.com")).await.unwrap();
        assert_eq!(server.taken().len(), 1);
    }

    #[tokio::test]
    async fn a_server_that_is_away_may_come_back() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let error = send(&plain(port), &email("ada@example.com")).await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (DeliveryErrorKind::Temporary, None));
    }

    #[tokio::test]
    async fn connections_are_used_again() {
        let (server, port) = Server::start().await;
        let sender = plain(port);
        for _ in 0..5 {
            send(&sender, &email("ada@example.com")).await.unwrap();
        }
        assert_eq!((server.taken().len(), server.connections()), (5, 1));

        let (ada, bob) = (email("ada@example.com"), email("bob@example.com"));
        let (first, second) = tokio::join!(send(&sender, &ada), send(&sender, &bob));
        assert_eq!((first, second), (Ok(()), Ok(())));
        assert_eq!((server.taken().len(), server.connections()), (7, 2));
    }

    #[tokio::test]
    async fn a_connection_that_was_closed_meanwhile_is_replaced() {
        let (server, port) = Server::start().await;
        let sender = plain(port);
        send(&sender, &email("ada@example.com")).await.unwrap();
        server.answer("NOOP", "421 4.4.2 Too long idle");
        send(&sender, &email("ada@example.com")).await.unwrap();
        assert_eq!((server.taken().len(), server.connections()), (2, 2));
    }

    #[tokio::test]
    async fn a_send_dropped_midway_does_not_spoil_the_next() {
        let (server, port) = Server::start().await;
        let sender = plain(port);
        for stage in ["end of data", "DATA", "RCPT", "MAIL"] {
            server.answer(stage, "");
            let slow = email("slow@example.com");
            assert!(timeout(Duration::from_millis(100), send(&sender, &slow)).await.is_err());
            send(&sender, &email("ada@example.com")).await.unwrap();
            let taken = server.taken().pop().unwrap();
            assert_eq!((taken.to, taken.data.matches(CODE).count()), (vec!["ada@example.com".to_owned()], 1));
        }
        assert_eq!(server.taken().len(), 4);
    }

    #[tokio::test]
    async fn without_tls_nothing_is_said() {
        let (server, port) = Server::start().await;
        let url = format!("smtp://user:hush@127.0.0.1:{port}?tls=required");
        let sender = SmtpSender::from_url(&url, "sign-in@acme.example").unwrap();
        let error = send(&sender, &email("ada@example.com")).await.unwrap_err();
        assert_eq!(error.kind(), DeliveryErrorKind::Permanent, "no STARTTLS is offered");
        let heard = server.heard();
        assert!(heard.iter().all(|line| line.starts_with("EHLO") || line == "QUIT"), "{heard:?}");

        let url = format!("smtps://user:hush@127.0.0.1:{port}");
        let sender = SmtpSender::from_url(&url, "sign-in@acme.example").unwrap();
        let error = send(&sender, &email("ada@example.com")).await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (DeliveryErrorKind::Temporary, None));
        assert!(server.taken().is_empty());
    }

    #[test]
    fn urls() {
        let from = "sign-in@acme.example";
        for (url, host, port) in [
            ("smtps://mail.example.com", "mail.example.com", 465),
            ("smtps://user:p%40ss%2Fword@mail.example.com/", "mail.example.com", 465),
            ("smtps://user:pa/ss#word@mail.example.com:2465", "mail.example.com", 2465),
            ("smtp://mail.example.com?tls=required", "mail.example.com", 587),
            ("smtp://user:pass@mail.example.com:25/?tls=required", "mail.example.com", 25),
            ("smtps://[::1]:465", "::1", 465),
        ] {
            let shown = format!("{:?}", SmtpSender::from_url(url, from).unwrap());
            assert!(shown.contains(&format!("host: {host:?}, port: {port}, encrypted: true")), "{shown}");
            assert!(!shown.contains("pass") && !shown.contains("p@ss") && !shown.contains("user"), "{shown}");
        }
        for (url, reason) in [
            ("", InvalidSmtp::Url),
            ("mail.example.com", InvalidSmtp::Url),
            ("https://mail.example.com", InvalidSmtp::Url),
            ("smtps://", InvalidSmtp::Url),
            ("smtps://:465", InvalidSmtp::Url),
            ("smtps://mail.example.com:", InvalidSmtp::Url),
            ("smtps://mail.example.com:99999", InvalidSmtp::Url),
            ("smtps://mail.example.com/path", InvalidSmtp::Url),
            ("smtps://mail example com", InvalidSmtp::Url),
            ("smtps://user@mail.example.com", InvalidSmtp::Url),
            ("smtps://user:%ff@mail.example.com", InvalidSmtp::Url),
            ("smtps://mail.example.com?tls=opportunistic", InvalidSmtp::Url),
            ("smtp://mail.example.com", InvalidSmtp::Plaintext),
            ("smtp://mail.example.com?tls=opportunistic", InvalidSmtp::Plaintext),
        ] {
            assert_eq!(SmtpSender::from_url(url, from).err(), Some(reason), "{url:?}");
        }
        assert_eq!(SmtpSender::from_url("smtps://mail.example.com", "Acme").err(), Some(InvalidSmtp::From));
    }
}

#[cfg(feature = "sms-webhook")]
mod webhook {
    use tokio::{
        io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
        net::{TcpListener, TcpStream},
        time::pause,
    };
    use vestibule::{
        deliver::{InvalidWebhook, SmsWebhook},
        domain::Secret,
    };

    use super::*;

    /// A request as the gateway got it.
    #[derive(Clone, Debug)]
    struct Asked {
        line: String,
        headers: Vec<String>,
        body: String,
    }

    /// A gateway on loopback: HTTP/1.1 with `Content-Length`, connections kept open.
    #[derive(Clone, Default)]
    struct Gateway(Arc<Mutex<State>>);

    #[derive(Default)]
    struct State {
        asked: Vec<Asked>,
        connections: usize,
        /// Whole responses, to be given in turn; then 204.
        responses: VecDeque<Vec<u8>>,
    }

    impl Gateway {
        async fn start() -> (Self, u16) {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let port = listener.local_addr().unwrap().port();
            let gateway = Self::default();
            let accepting = gateway.clone();
            tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    accepting.0.lock().unwrap().connections += 1;
                    tokio::spawn(accepting.clone().serve(stream));
                }
            });
            (gateway, port)
        }

        fn respond(&self, response: impl Into<Vec<u8>>) {
            self.0.lock().unwrap().responses.push_back(response.into());
        }

        fn asked(&self) -> Vec<Asked> {
            self.0.lock().unwrap().asked.clone()
        }

        fn connections(&self) -> usize {
            self.0.lock().unwrap().connections
        }

        async fn serve(self, stream: TcpStream) -> std::io::Result<()> {
            let mut stream = BufReader::new(stream);
            loop {
                let mut head = Vec::new();
                loop {
                    let mut line = String::new();
                    if stream.read_line(&mut line).await? == 0 {
                        return Ok(());
                    }
                    match line.trim_end() {
                        "" => break,
                        line => head.push(line.to_owned()),
                    }
                }
                let length = head.iter().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
                let mut body = vec![0; length.parse().unwrap()];
                stream.read_exact(&mut body).await?;
                let response = {
                    let mut state = self.0.lock().unwrap();
                    let body = String::from_utf8(body).unwrap();
                    state.asked.push(Asked { line: head.remove(0), headers: head, body });
                    state.responses.pop_front()
                };
                let response = response.unwrap_or_else(|| b"HTTP/1.1 204 No Content\r\n\r\n".to_vec());
                stream.write_all(&response).await?;
            }
        }
    }

    fn webhook(port: u16) -> SmsWebhook {
        SmsWebhook::new(&format!("http://127.0.0.1:{port}/send?from=acme"), Some(&"hush".into())).unwrap()
    }

    async fn send(sender: &SmsWebhook) -> Result<(), DeliveryError> {
        SmsSender::send(sender, &sms()).await
    }

    #[tokio::test]
    async fn a_text_message_is_posted_as_json() {
        let (gateway, port) = Gateway::start().await;
        let quote = Sms::new(PhoneNumber::parse("+15551234567").unwrap(), "a \"ü\" \\ \n".into());
        SmsSender::send(&webhook(port), &quote).await.unwrap();
        let asked = gateway.asked().remove(0);
        assert_eq!(asked.line, "POST /send?from=acme HTTP/1.1");
        assert_eq!(asked.body, r#"{"to":"+15551234567","text":"a \"ü\" \\ \n"}"#);
        for header in [
            "authorization: Bearer hush",
            "content-type: application/json",
            &format!("host: 127.0.0.1:{port}"),
        ] {
            assert!(asked.headers.iter().any(|line| line == header), "{header} in {:?}", asked.headers);
        }

        let open = SmsWebhook::new(&format!("http://localhost:{port}/"), None).unwrap();
        send(&open).await.unwrap();
        let headers = gateway.asked().remove(1).headers;
        assert!(!headers.iter().any(|line| line.starts_with("authorization")), "{headers:?}");
    }

    #[tokio::test]
    async fn statuses_tell_whether_to_try_again() {
        let (gateway, port) = Gateway::start().await;
        let sender = webhook(port);
        for status in [200, 201, 202, 204, 299] {
            gateway.respond(format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\n\r\n"));
            assert_eq!(send(&sender).await, Ok(()), "{status}");
        }
        for (status, kind) in [
            (408, DeliveryErrorKind::Temporary),
            (429, DeliveryErrorKind::Temporary),
            (500, DeliveryErrorKind::Temporary),
            (503, DeliveryErrorKind::Temporary),
            (400, DeliveryErrorKind::Permanent),
            (401, DeliveryErrorKind::Permanent),
            (404, DeliveryErrorKind::Permanent),
            (304, DeliveryErrorKind::Permanent),
        ] {
            gateway.respond(format!("HTTP/1.1 {status} {CODE}\r\ncontent-length: 11\r\n\r\n{CODE}"));
            let error = send(&sender).await.unwrap_err();
            assert_eq!((error.kind(), error.code()), (kind, Some(status)));
            assert!(!format!("{error} {error:?}").contains("493817"));
        }
    }

    #[tokio::test]
    async fn redirects_are_not_followed() {
        let (gateway, port) = Gateway::start().await;
        for status in [301, 302, 303, 307, 308] {
            let location = format!("location: http://127.0.0.1:{port}/elsewhere");
            gateway.respond(format!("HTTP/1.1 {status} x\r\n{location}\r\ncontent-length: 0\r\n\r\n"));
            let error = send(&webhook(port)).await.unwrap_err();
            assert_eq!((error.kind(), error.code()), (DeliveryErrorKind::Permanent, Some(status)));
        }
        assert!(gateway.asked().iter().all(|asked| !asked.line.contains("elsewhere")));
        assert_eq!(gateway.asked().len(), 5);
    }

    #[tokio::test]
    async fn short_answers_keep_the_connection_and_long_ones_do_not() {
        let (gateway, port) = Gateway::start().await;
        let sender = webhook(port);
        let answer = |length: usize| {
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
            [head.into_bytes(), vec![b'x'; length]].concat()
        };
        for length in [10, 60_000, 0] {
            gateway.respond(answer(length));
            send(&sender).await.unwrap();
            // hyper gives a connection back a moment after its body has ended.
            sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(gateway.connections(), 1);
        gateway.respond(answer(50_000_000));
        send(&sender).await.unwrap();
        send(&sender).await.unwrap();
        assert_eq!(gateway.connections(), 2);
    }

    #[tokio::test]
    async fn a_gateway_that_is_away_or_silent_may_come_back() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let error = send(&webhook(port)).await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (DeliveryErrorKind::Temporary, None));

        let (gateway, port) = Gateway::start().await;
        gateway.respond("");
        let sending = tokio::spawn(async move { send(&webhook(port)).await });
        while gateway.asked().is_empty() {
            sleep(Duration::from_millis(1)).await;
        }
        pause();
        let start = Instant::now();
        let error = sending.await.unwrap().unwrap_err();
        assert_eq!((error.kind(), error.code()), (DeliveryErrorKind::Temporary, None));
        assert!(start.elapsed() > secs(9) && start.elapsed() <= secs(10));
    }

    #[tokio::test]
    async fn a_status_counts_even_if_the_rest_never_comes() {
        let (gateway, port) = Gateway::start().await;
        gateway.respond("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf");
        let sending = tokio::spawn(async move { send(&webhook(port)).await });
        while gateway.asked().is_empty() {
            sleep(Duration::from_millis(1)).await;
        }
        // Time enough for the head of the answer.
        sleep(Duration::from_millis(100)).await;
        pause();
        assert_eq!(sending.await.unwrap(), Ok(()));
        assert_eq!(gateway.asked().len(), 1);
    }

    #[test]
    fn urls() {
        for url in [
            "https://sms.example.com/send",
            "http://127.0.0.1:8025/",
            "http://127.9.9.9/",
            "http://[::1]:8025/",
            "http://LOCALHOST/",
        ] {
            let shown = format!("{:?}", SmsWebhook::new(url, Some(&"hush".into())).unwrap());
            assert!(!shown.contains("hush") && !shown.contains("send"), "{shown}");
        }
        for (url, reason) in [
            ("", InvalidWebhook::Url),
            ("/send", InvalidWebhook::Url),
            ("sms.example.com", InvalidWebhook::Url),
            ("ftp://sms.example.com/", InvalidWebhook::Url),
            ("https://user:hush@sms.example.com/", InvalidWebhook::Url),
            ("http://sms.example.com/", InvalidWebhook::Plaintext),
            ("http://127.0.0.1.example.com/", InvalidWebhook::Plaintext),
            ("http://localhost.example.com/", InvalidWebhook::Plaintext),
            ("http://10.0.0.1/", InvalidWebhook::Plaintext),
            ("http://0.0.0.0/", InvalidWebhook::Plaintext),
            ("http://localhost@sms.example.com/", InvalidWebhook::Url),
            ("https://sms.example.com:99999/", InvalidWebhook::Url),
            ("https://sms.example.com:84a3/", InvalidWebhook::Url),
        ] {
            assert_eq!(SmsWebhook::new(url, None).err(), Some(reason), "{url:?}");
        }
        for bearer in ["", "a b", "a\r\nx: y", "ü"] {
            let refused = SmsWebhook::new("https://sms.example.com/", Some(&Secret::new(bearer)));
            assert_eq!(refused.err(), Some(InvalidWebhook::Bearer), "{bearer:?}");
        }
    }
}
