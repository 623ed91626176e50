//! Published vectors of each family, and what is refused.

use proptest::prelude::*;

use super::*;
use crate::factor::{hash_password, verify_password};

fn parse(kind: &str, hash: &str, settings: &HashSettings) -> Result<ForeignHash, InvalidHash> {
    ForeignHash::parse(HashKind::from_name(kind).unwrap(), &Secret::new(hash), settings)
}

fn refusal(kind: &str, hash: &str, settings: &HashSettings) -> InvalidHash {
    parse(kind, hash, settings).map(|_| hash).expect_err(hash)
}

/// Takes the hash, in this form and as it lies at rest, for its password and for no other.
#[track_caller]
fn proves(kind: &str, password: &str, hash: &str, settings: &HashSettings) {
    let hash = parse(kind, hash, settings).unwrap();
    let stored = hash.stored();
    let password = Secret::new(password);
    assert!(hash.verify(&password), "{kind}");
    assert!(is_foreign(stored.expose()) && !stored.expose().contains('\n'), "{kind}");
    let again = ForeignHash::read(stored.expose()).unwrap();
    assert_eq!(again.stored(), stored, "{kind}: {}", stored.expose());
    assert!(verify_password(&password, stored.expose()), "{kind}");
    assert!(!verify_password(&Secret::new(format!("x{}", password.expose())), stored.expose()), "{kind}");
    assert_eq!(format!("{hash:?}"), "[redacted]");
}

fn none() -> HashSettings {
    HashSettings::default()
}

fn scrypt_settings([n, r, p]: [u32; 3]) -> HashSettings {
    HashSettings {
        salt: Some("TmFDbA==".to_owned()),
        n_parameter: Some(n),
        r_parameter: Some(r),
        p_parameter: Some(p),
        ..none()
    }
}

fn argon2_settings(memory: u32, passes: u32, threads: u32) -> HashSettings {
    HashSettings {
        salt: Some("somesalt".to_owned()),
        memory: Some(memory),
        iteration_amount: Some(passes),
        threads: Some(threads),
        ..none()
    }
}

fn pbkdf2_settings(algorithm: Option<&str>, salt: &str, iterations: u32) -> HashSettings {
    HashSettings {
        algorithm: algorithm.map(str::to_owned),
        salt: Some(text::to_base64(salt.as_bytes()).to_string()),
        iteration_amount: Some(iterations),
        ..none()
    }
}

#[test]
fn kinds_have_the_names_of_the_api() {
    let names =
        ["bcrypt", "md_5", "argon_2i", "argon_2id", "sha_1", "sha_512", "scrypt", "phpass", "pbkdf_2"];
    assert_eq!(HashKind::ALL.map(HashKind::name), names);
    assert_eq!(HashKind::from_name("pbkdf_2"), Some(HashKind::Pbkdf2));
    assert_eq!(HashKind::from_name("BCRYPT"), None);
}

#[test]
fn bcrypt() {
    // Solar Designer's crypt_blowfish, python-bcrypt, and PHP's manual as libxcrypt has it.
    proves("bcrypt", "U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", &none());
    let hash = "$2b$04$EGdrhbKUv8Oc9vGiXX0HQOxSg445d458Muh7DAHskb6QbtCvdxcie";
    proves("bcrypt", "correctbatteryhorsestapler", hash, &none());
    let hash = "$2y$07$BCryptRequires22Chrcte/VlQH0piJtjXl.0t1XkA8pw9dMXTpOq";
    proves("bcrypt", "rasmuslerdorf", hash, &none());
}

#[test]
fn bcrypt_looks_at_72_bytes() {
    let password = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are \
                    ignored";
    let text = "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui";
    proves("bcrypt", password, text, &none());
    let hash = parse("bcrypt", text, &none()).unwrap();
    assert!(hash.verify(&Secret::new(&password[..72])));
    assert!(!hash.verify(&Secret::new(&password[..71])));
}

#[test]
fn bcrypt_refuses_others_and_what_costs_too_much() {
    let rest = "CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    assert!(parse("bcrypt", &format!("$2b$14${rest}"), &none()).is_ok());
    for cost in 15..=31 {
        let hash = format!("$2b${cost}${rest}");
        assert_eq!(refusal("bcrypt", &hash, &none()), InvalidHash::TooCostly("a cost of 14"));
    }
    for head in ["$2b$32$", "$2b$03$", "$2b$5$", "$2b$+5$", "$2b$005$", "$2x$05$", "$2$05$", "2b$05$", ""] {
        assert_eq!(refusal("bcrypt", &format!("{head}{rest}"), &none()), InvalidHash::Malformed, "{head}");
    }
    for rest in [&rest[1..], &format!("{rest}A"), &format!("é{}", &rest[2..]), &rest.replace('E', "$"), ""] {
        assert_eq!(refusal("bcrypt", &format!("$2b$05${rest}"), &none()), InvalidHash::Malformed, "{rest}");
    }
}

#[test]
fn digests() {
    // RFC 1321, appendix A.5; FIPS 180-4's examples.
    proves("md_5", "message digest", "f96b697d7cb7938d525a2f31aaf161d0", &none());
    proves("md_5", "message digest", "F96B697D7CB7938D525A2F31AAF161D0", &none());
    proves("md_5", "message digest", "+WtpfXy3k41SWi8xqvFh0A==", &none());
    proves("sha_1", "abc", "a9993e364706816aba3e25717850c26c9cd0d89d", &none());
    let sha512 = "3a81oZNherrMQXNJriBBMRLm-k6JqX6iCp7u5ktV05ohkpkqJ0_BqDa6PCOj_uu9RU1EI2Q86A4qmslPpUyknw";
    proves("sha_512", "abc", sha512, &none());
}

#[test]
fn digests_between_salts() {
    let salts = |prepend: Option<&str>, append: Option<&str>| HashSettings {
        prepend_salt: prepend.map(str::to_owned),
        append_salt: append.map(str::to_owned),
        ..none()
    };
    let md5 = "f96b697d7cb7938d525a2f31aaf161d0";
    proves("md_5", "age di", md5, &salts(Some("mess"), Some("gest")));
    proves("md_5", "age digest", md5, &salts(Some("mess"), None));
    proves("md_5", "message di", md5, &salts(None, Some("gest")));
    proves("sha_1", "b", "a9993e364706816aba3e25717850c26c9cd0d89d", &salts(Some("a"), Some("c")));
    // Salts that would be in the way of a line's parts: MD5 of `:\npw$é`.
    proves("md_5", "pw", "449d9757372e0b02ce2402e08f82a714", &salts(Some(":\n"), Some("$é")));
    let long = "x".repeat(257);
    assert_eq!(refusal("md_5", md5, &salts(Some(&long), None)), InvalidHash::Unfit("prepend_salt"));
    assert_eq!(refusal("md_5", md5, &salts(None, Some(&long))), InvalidHash::Unfit("append_salt"));
    for hash in ["", "abc", &md5[2..], "a9993e364706816aba3e25717850c26c9cd0d89d", "$1$salt$hash"] {
        assert_eq!(refusal("md_5", hash, &none()), InvalidHash::Malformed, "{hash}");
    }
}

#[test]
fn argon2() {
    // The reference implementation's test.c.
    let hash = "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8";
    proves("argon_2i", "password", hash, &none());
    let hash = "$argon2i$m=256,t=2,p=1$c29tZXNhbHQ$/U3YPXYsSb3q9XxHvc0MLxur+GP960kN9j7emXX8zwY";
    proves("argon_2i", "password", hash, &none());
    let hash = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    proves("argon_2id", "password", hash, &none());
    let hash = "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe";
    proves("argon_2id", "password", hash, &argon2_settings(256, 2, 1));
    let hash = "iekCn0Y3spW-sCcFanM2xBT63UP2sghkUoHLIUpWRS8=";
    proves(
        "argon_2i",
        "password",
        hash,
        &HashSettings { key_length: Some(32), ..argon2_settings(256, 2, 1) },
    );
    // Our own, from another deployment.
    let ours = hash_password(&Secret::new("correct horse"), [9; 16]).unwrap();
    assert!(!is_foreign(&ours));
    proves("argon_2id", "correct horse", &ours, &none());
}

#[test]
fn argon2_refuses_what_costs_too_much_or_misses_a_setting() {
    let of = |settings: &HashSettings| parse("argon_2id", &"0".repeat(64), settings).map(|_| ());
    assert_eq!(of(&argon2_settings(256 * 1024, 4, 4)), Ok(()));
    let memory = InvalidHash::TooCostly("256 MiB of memory");
    let work = InvalidHash::TooCostly("1 GiB of memory times iterations");
    assert_eq!(of(&argon2_settings(256 * 1024 + 1, 1, 1)), Err(memory));
    assert_eq!(of(&argon2_settings(u32::MAX, u32::MAX, u32::MAX)), Err(memory));
    assert_eq!(of(&argon2_settings(256 * 1024, 5, 1)), Err(work));
    assert_eq!(of(&argon2_settings(8, u32::MAX, 1)), Err(work));
    assert_eq!(of(&argon2_settings(256, 0, 1)), Err(InvalidHash::Unfit("iteration_amount")));
    assert_eq!(of(&argon2_settings(256, 1, 0)), Err(InvalidHash::Unfit("threads")));
    assert_eq!(of(&argon2_settings(256, 1, u32::MAX)), Err(InvalidHash::Unfit("threads")));
    assert_eq!(of(&argon2_settings(31, 1, 4)), Err(InvalidHash::Unfit("memory")));
    let whole = argon2_settings(256, 2, 1);
    let less = [
        (HashSettings { salt: None, ..whole.clone() }, "salt"),
        (HashSettings { memory: None, ..whole.clone() }, "memory"),
        (HashSettings { iteration_amount: None, ..whole.clone() }, "iteration_amount"),
        (HashSettings { threads: None, ..whole.clone() }, "threads"),
    ];
    for (settings, name) in less {
        assert_eq!(of(&settings), Err(InvalidHash::Missing(name)));
    }
    let other = HashSettings { key_length: Some(31), ..whole.clone() };
    assert_eq!(of(&other), Err(InvalidHash::Unfit("key_length")));
    for salt in ["", "seven..", &"x".repeat(257)] {
        let settings = HashSettings { salt: Some(salt.to_owned()), ..whole.clone() };
        assert_eq!(of(&settings), Err(InvalidHash::Unfit("salt")), "{salt}");
    }
    for hash in ["0".repeat(18), "0".repeat(1026), "0".repeat(4096), String::new(), "hash".to_owned()] {
        assert_eq!(refusal("argon_2id", &hash, &whole), InvalidHash::Malformed, "{hash}");
    }
}

#[test]
fn argon2_refuses_phc_strings_of_others() {
    let hash = "c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    for head in [
        "$argon2i$v=19$m=256,t=2,p=1$",
        "$argon2d$v=19$m=256,t=2,p=1$",
        "$scrypt$ln=4,r=8,p=1$",
        "$argon2id$v=18$m=256,t=2,p=1$",
        "$argon2id$v=19$t=2,m=256,p=1$",
        "$argon2id$v=19$m=256,t=2$",
        "$argon2id$v=19$m=256,t=2,p=1,data=AAAA$",
        "$argon2id$v=19$",
    ] {
        let hash = format!("{head}{hash}");
        assert_eq!(refusal("argon_2id", &hash, &none()), InvalidHash::Malformed, "{hash}");
    }
    let hash = format!("$argon2id$v=19$m=1048576,t=1,p=1${hash}");
    assert_eq!(refusal("argon_2id", &hash, &none()), InvalidHash::TooCostly("256 MiB of memory"));
}

#[test]
fn scrypt() {
    // RFC 7914, section 12.
    let hash = "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17\
                e8d3e0fb2e0d3628cf35e20c38d18906";
    proves("scrypt", "", hash, &HashSettings { salt: Some(String::new()), ..scrypt_settings([16, 1, 1]) });
    let hash = "/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWIurzDZLiKjiG/xCSedmDDaxyevuUqD7m2DYMvfoswGQA==";
    let settings = HashSettings { key_length: Some(64), ..scrypt_settings([1024, 8, 16]) };
    proves("scrypt", "password", hash, &settings);
    // passlib's documentation.
    let hash = "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E";
    proves("scrypt", "password", hash, &none());
}

#[test]
fn scrypt_refuses_what_costs_too_much_or_misses_a_setting() {
    let of = |settings: &HashSettings| parse("scrypt", &"0".repeat(64), settings).map(|_| ());
    assert_eq!(of(&scrypt_settings([262_144, 8, 2])), Ok(()));
    for numbers in
        [[524_288, 8, 2], [262_144, 16, 2], [262_144, 8, 3], [2, u32::MAX, u32::MAX], [1 << 31, 1, 1]]
    {
        let costly = InvalidHash::TooCostly("512 MiB for 128·N·r·p");
        assert_eq!(of(&scrypt_settings(numbers)), Err(costly), "{numbers:?}");
    }
    for n in [0, 1, 1000] {
        assert_eq!(of(&scrypt_settings([n, 8, 1])), Err(InvalidHash::Unfit("n_parameter")));
    }
    assert_eq!(of(&scrypt_settings([16, 0, 1])), Err(InvalidHash::Unfit("r_parameter")));
    assert_eq!(of(&scrypt_settings([16, 8, 0])), Err(InvalidHash::Unfit("p_parameter")));
    let whole = scrypt_settings([16, 8, 1]);
    let less = [
        (HashSettings { salt: None, ..whole.clone() }, "salt"),
        (HashSettings { n_parameter: None, ..whole.clone() }, "n_parameter"),
        (HashSettings { r_parameter: None, ..whole.clone() }, "r_parameter"),
        (HashSettings { p_parameter: None, ..whole.clone() }, "p_parameter"),
    ];
    for (settings, name) in less {
        assert_eq!(of(&settings), Err(InvalidHash::Missing(name)));
    }
    let settings = HashSettings { salt: Some("no base64!".to_owned()), ..whole };
    assert_eq!(of(&settings), Err(InvalidHash::Unfit("salt")));
    for parameters in ["ln=64,r=8,p=1", "ln=4294967295,r=8,p=1", "ln=10,r=4294967295,p=4294967295"] {
        let hash = format!("$scrypt${parameters}$c29tZXNhbHQ${}", "A".repeat(43));
        let costly = InvalidHash::TooCostly("512 MiB for 128·N·r·p");
        assert_eq!(refusal("scrypt", &hash, &none()), costly, "{parameters}");
    }
    for head in ["$scrypt$v=1$ln=4,r=8,p=1", "$scrypt$ln=4,r=8", "$s0$e0801", "$7$C6..../....", "$scrypt$"] {
        let hash = format!("{head}$c29tZXNhbHQ${}", "A".repeat(43));
        assert_eq!(refusal("scrypt", &hash, &none()), InvalidHash::Malformed, "{head}");
    }
}

#[test]
fn phpass() {
    // phpass's own test, and hashcat's examples of WordPress and phpBB.
    proves("phpass", "test12345", "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0", &none());
    proves("phpass", "hashcat", "$P$984478476IagS59wHZvyQMArzfx58u.", &none());
    proves("phpass", "hashcat", "$H$984478476IagS59wHZvyQMArzfx58u.", &none());
}

#[test]
fn phpass_refuses_others_and_what_costs_too_much() {
    let rest = "IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0";
    assert!(parse("phpass", &format!("$P$I{rest}"), &none()).is_ok());
    for rounds in ['J', 'S'] {
        let hash = format!("$P${rounds}{rest}");
        assert_eq!(refusal("phpass", &hash, &none()), InvalidHash::TooCostly("2^20 rounds"));
    }
    for head in ["$P$4", "$P$T", "$P$z", "$P$$", "$P$é", "$P$", "$S$9", "$9", ""] {
        assert_eq!(refusal("phpass", &format!("{head}{rest}"), &none()), InvalidHash::Malformed, "{head}");
    }
    for rest in [&rest[1..], &format!("{rest}."), &format!("{}2", &rest[..29]), "é", ""] {
        assert_eq!(refusal("phpass", &format!("$P$9{rest}"), &none()), InvalidHash::Malformed, "{rest}");
    }
}

#[test]
fn pbkdf2() {
    // RFC 6070.
    for (iterations, hash) in [
        (1, "0c60c80f961f0e71f3a9b524af6012062fe037a6"),
        (2, "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957"),
        (4096, "4b007901b765489abead49d926f721d065a429c1"),
    ] {
        proves("pbkdf_2", "password", hash, &pbkdf2_settings(Some("sha1"), "salt", iterations));
    }
    let salt = "saltSALTsaltSALTsaltSALTsaltSALTsalt";
    let settings = HashSettings { key_length: Some(25), ..pbkdf2_settings(Some("sha1"), salt, 4096) };
    let hash = "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038";
    proves("pbkdf_2", "passwordPASSWORDpassword", hash, &settings);
    // RFC 7914, section 11.
    let hash = "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc49ca9cccf179b645991664b39d77ef31\
                7c71b845b1e30bd509112041d3a19783";
    proves("pbkdf_2", "passwd", hash, &pbkdf2_settings(None, "salt", 1));
    let hash = "TdzY9guYviGDDO5e8icB+WQaRBjQTAQUrv8Ih2s0q1ah1CWhIlgzVJrbhBtRybMXaicr3ruh0HhHj2Kzl/M8jQ==";
    proves("pbkdf_2", "Password", hash, &pbkdf2_settings(Some("sha256"), "NaCl", 80_000));
    // As Python's hashlib has it.
    let hash = "0Zexsz2wFD4BixLz0dFHnmzevcyXxcD4f2kC4HL0V7UUPzBgJkGz1VzTNZiMs2uEN2Bg7NUy4Dm3QqI5Q0ry1Q";
    proves("pbkdf_2", "password", hash, &pbkdf2_settings(Some("sha512"), "salt", 4096));
    proves("pbkdf_2", "password", &format!("$pbkdf2-sha512$i=4096,l=64$c2FsdA${hash}"), &none());
    proves("pbkdf_2", "password", &format!("$pbkdf2-sha512$i=4096$c2FsdA${hash}"), &none());
    proves("pbkdf_2", "password", "$pbkdf2$4096$c2FsdA$SwB5AbdlSJq.rUnZJvch0GWkKcE", &none());
    // passlib's documentation.
    let hash = "$pbkdf2-sha256$29000$N2YMIWQsBWBMae09x1jrPQ$1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQYThBYRfk";
    proves("pbkdf_2", "toomanysecrets", hash, &none());
}

#[test]
fn pbkdf2_refuses_what_costs_too_much_or_misses_a_setting() {
    let of = |length: usize, settings: &HashSettings| {
        parse("pbkdf_2", &"0".repeat(2 * length), settings).map(|_| ())
    };
    assert_eq!(of(64, &pbkdf2_settings(None, "salt", 2_000_000)), Ok(()));
    assert_eq!(of(512, &pbkdf2_settings(None, "salt", 250_000)), Ok(()));
    let iterations = InvalidHash::TooCostly("2,000,000 iterations");
    assert_eq!(of(32, &pbkdf2_settings(None, "salt", 2_000_001)), Err(iterations));
    let work = InvalidHash::TooCostly("4,000,000 iterations over all blocks of the hash");
    assert_eq!(of(65, &pbkdf2_settings(None, "salt", 2_000_000)), Err(work));
    assert_eq!(of(41, &pbkdf2_settings(Some("sha1"), "salt", 2_000_000)), Err(work));
    assert_eq!(of(32, &pbkdf2_settings(None, "salt", 0)), Err(InvalidHash::Unfit("iteration_amount")));
    for name in ["md5", "SHA256", ""] {
        let settings = pbkdf2_settings(Some(name), "salt", 1);
        assert_eq!(of(32, &settings), Err(InvalidHash::Unfit("algorithm")), "{name}");
    }
    let whole = pbkdf2_settings(None, "salt", 1);
    let settings = HashSettings { salt: None, ..whole.clone() };
    assert_eq!(of(32, &settings), Err(InvalidHash::Missing("salt")));
    let settings = HashSettings { iteration_amount: None, ..whole };
    assert_eq!(of(32, &settings), Err(InvalidHash::Missing("iteration_amount")));
    for head in
        ["pbkdf2-md5$1", "pbkdf2-sha256$v=1$i=1", "pbkdf2-sha256$i=1,l=32", "pbkdf2-sha256$", "pbkdf2sha1$1"]
    {
        let hash = format!("${head}$c29tZXNhbHQ${}", "A".repeat(16));
        assert_eq!(refusal("pbkdf_2", &hash, &none()), InvalidHash::Malformed, "{head}");
    }
}

#[test]
fn passwords_that_are_too_long_are_refused() {
    let parts = |prepend: usize| HashSettings { prepend_salt: Some("a".repeat(prepend)), ..none() };
    // MD5 of 257 times `a`.
    let hash = "b7958df91b9413477491e9b6e27f1bac";
    assert!(parse("md_5", hash, &parts(1)).unwrap().verify(&Secret::new("a".repeat(256))));
    assert!(!parse("md_5", hash, &parts(0)).unwrap().verify(&Secret::new("a".repeat(257))));
}

#[test]
fn lines_at_rest_are_read_with_the_same_limits() {
    for line in [
        "",
        "foreign:",
        "foreign:bcrypt",
        "foreign:bcrypt:",
        "foreign:crypt:$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "foreign:bcrypt:$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "foreign:md_5:f96b697d7cb7938d525a2f31aaf161d0",
        "foreign:md_5:::",
        "foreign:md_5:_w::f96b697d7cb7938d525a2f31aaf161d0",
        "foreign:pbkdf_2:$pbkdf2-sha256$i=2000001$c2FsdA$1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQYThBYRfk",
    ] {
        assert!(ForeignHash::read(line).is_none(), "{line}");
        assert!(!verify_password(&Secret::new("U*U"), line), "{line}");
    }
}

#[test]
fn the_longest_that_are_taken_are_read_again() {
    let salt = "s".repeat(256);
    let argon2 = HashSettings { salt: Some(salt.clone()), ..argon2_settings(256, 2, 1) };
    let salts = HashSettings { prepend_salt: Some(salt.clone()), append_salt: Some(salt.clone()), ..none() };
    for (kind, bytes, settings) in [
        ("argon_2id", 512, argon2),
        ("pbkdf_2", 512, pbkdf2_settings(None, &salt, 1)),
        ("sha_512", 64, salts),
    ] {
        let stored = parse(kind, &"0".repeat(2 * bytes), &settings).unwrap().stored();
        assert!(ForeignHash::read(stored.expose()).is_some(), "{kind}");
    }
}

#[test]
fn refusals_say_what_to_do() {
    let said = |error: InvalidHash| error.to_string();
    assert!(said(InvalidHash::Malformed).contains("send it as the other system stored it"));
    assert!(said(InvalidHash::Missing("salt")).starts_with("salt is missing; send"));
    assert!(said(InvalidHash::Unfit("key_length")).starts_with("key_length does not go"));
    assert!(said(InvalidHash::TooCostly("a cost of 14")).contains("at most a cost of 14"));
    let settings = HashSettings { prepend_salt: Some("pepper".to_owned()), ..none() };
    assert_eq!(format!("{settings:?}"), "[redacted]");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    /// Whatever is sent is taken or refused. What is taken is the same at rest.
    #[test]
    fn no_text_panics(
        kind in 0..HashKind::ALL.len(),
        head in proptest::sample::select(vec![
            "", "$2b$05$", "$argon2id$v=19$m=64,t=1,p=1$", "$scrypt$ln=4,r=8,p=1$", "$pbkdf2-sha256$", "$P$9", "$",
        ]),
        hash in "\\PC{0,80}|[0-9a-f]{0,140}|[A-Za-z0-9+/$=,._-]{0,90}",
        text in proptest::option::of("\\PC{0,20}|[A-Za-z0-9+/]{0,24}"),
        numbers in proptest::collection::vec(proptest::option::of(prop_oneof![any::<u32>(), 0..70_u32]), 7),
    ) {
        let settings = HashSettings {
            prepend_salt: text.clone(),
            append_salt: text.clone(),
            salt: text.clone(),
            iteration_amount: numbers[0],
            memory: numbers[1],
            threads: numbers[2],
            key_length: numbers[3],
            n_parameter: numbers[4],
            r_parameter: numbers[5],
            p_parameter: numbers[6],
            algorithm: None,
        };
        let kind = HashKind::ALL[kind];
        let hash = format!("{head}{hash}");
        if let Ok(taken) = ForeignHash::parse(kind, &Secret::new(hash.as_str()), &settings) {
            let stored = taken.stored();
            let again = ForeignHash::read(stored.expose()).map(|again| again.stored());
            prop_assert_eq!(again, Some(stored));
        }
        let _ = ForeignHash::read(&hash);
        let _ = ForeignHash::read(&format!("{PREFIX}{}:{hash}", kind.name()));
        let _ = ForeignHash::read(&format!("{PREFIX}{}", text.unwrap_or_default()));
    }
}
