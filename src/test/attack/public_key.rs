//! The forms in which a public key lies about, any of which a confused verifier may take for a secret.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::Value;

/// Of a key of a key set (RFC 7517 §4): as it stands there, its members, and as DER and PEM (RFC 5280 §4.1.2.7,
/// RFC 7468 §13).
pub(super) fn public_forms(jwk: &Value) -> Vec<(Vec<u8>, &'static str)> {
    let mut forms = vec![(jwk.to_string().into_bytes(), "the public key as it stands in the key set")];
    for text in jwk.as_object().into_iter().flat_map(|jwk| jwk.values()).filter_map(Value::as_str) {
        forms.push((text.as_bytes().to_vec(), "a member of the public key"));
        forms.extend(URL_SAFE_NO_PAD.decode(text).ok().map(|bytes| (bytes, "a member of the public key")));
    }
    if let Some(key) = subject_public_key_info(jwk) {
        add_encoded(&mut forms, "PUBLIC KEY", key);
    }
    // OpenSSL's `rsa -RSAPublicKey_out`.
    if let Some(key) = rsa_public_key(jwk) {
        add_encoded(&mut forms, "RSA PUBLIC KEY", key);
    }
    forms
}

fn add_encoded(forms: &mut Vec<(Vec<u8>, &'static str)>, label: &str, der: Vec<u8>) {
    let text = STANDARD.encode(&der);
    let lines: Vec<&str> = (0..text.len()).step_by(64).map(|at| &text[at..text.len().min(at + 64)]).collect();
    let pem = format!("-----BEGIN {label}-----\n{}\n-----END {label}-----", lines.join("\n"));
    forms.push((format!("{pem}\n").into_bytes(), "the public key in PEM"));
    forms.push((pem.into_bytes(), "the public key in PEM without the last line break"));
    forms.push((text.into_bytes(), "the public key in base64"));
    forms.push((der, "the public key in DER"));
}

/// `SubjectPublicKeyInfo`: which algorithm, and the key.
fn subject_public_key_info(jwk: &Value) -> Option<Vec<u8>> {
    let (algorithm, key) = match (jwk["kty"].as_str()?, jwk["crv"].as_str()) {
        // rsaEncryption (RFC 8017 §A.1), with NULL.
        ("RSA", _) => (
            [der(0x06, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01]), der(0x05, &[])].concat(),
            rsa_public_key(jwk)?,
        ),
        // id-Ed25519 (RFC 8410 §3).
        ("OKP", Some("Ed25519")) => (der(0x06, &[0x2b, 0x65, 0x70]), member(jwk, "x")?),
        // id-ecPublicKey on secp256r1 (RFC 5480 §2.1.1).
        ("EC", Some("P-256")) => (
            [
                der(0x06, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]),
                der(0x06, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]),
            ]
            .concat(),
            [vec![0x04], member(jwk, "x")?, member(jwk, "y")?].concat(),
        ),
        _ => return None,
    };
    let bits = der(0x03, &[vec![0], key].concat());
    Some(der(0x30, &[der(0x30, &algorithm), bits].concat()))
}

/// `RSAPublicKey` (RFC 8017 §A.1.1): modulus and exponent.
fn rsa_public_key(jwk: &Value) -> Option<Vec<u8>> {
    let integer = |name| {
        // The first bit would be the sign.
        let bytes = member(jwk, name)?;
        let sign = bytes.first().is_some_and(|byte| *byte >= 0x80);
        Some(der(0x02, &if sign { [vec![0], bytes].concat() } else { bytes }))
    };
    Some(der(0x30, &[integer("n")?, integer("e")?].concat()))
}

fn member(jwk: &Value, name: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(jwk[name].as_str()?).ok()
}

/// An element of DER: tag, length, content.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let [.., high, low] = length.to_be_bytes();
    let length = match length {
        0..0x80 => vec![low],
        0x80..0x100 => vec![0x81, low],
        _ => vec![0x82, high, low],
    };
    [vec![tag], length, content.to_vec()].concat()
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::{
        encoding::{AsDer, PublicKeyX509Der},
        rsa,
        signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
    };

    use super::*;
    use crate::{
        domain::Timestamp,
        token::{JwtAlgorithm, SigningKey},
    };

    /// As another writes it.
    fn der_of(public: &impl AsDer<PublicKeyX509Der<'static>>) -> Vec<u8> {
        public.as_der().unwrap().as_ref().to_vec()
    }

    #[test]
    fn a_public_key_is_written_as_others_write_it() {
        for algorithm in [JwtAlgorithm::Rs256, JwtAlgorithm::EdDsa, JwtAlgorithm::Es256] {
            let pkcs8 = SigningKey::generate(algorithm).unwrap();
            let mut written = Vec::new();
            match algorithm {
                JwtAlgorithm::Rs256 => {
                    let pair = rsa::KeyPair::from_pkcs8(&pkcs8).unwrap();
                    written.push(der_of(pair.public_key()));
                    written.push(pair.public_key().as_ref().to_vec());
                }
                JwtAlgorithm::EdDsa => {
                    let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&pkcs8).unwrap();
                    written.push(der_of(pair.public_key()));
                }
                JwtAlgorithm::Es256 => {
                    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8).unwrap();
                    written.push(der_of(pair.public_key()));
                }
            }
            let key = SigningKey::read("key".to_owned(), algorithm, Timestamp::default(), &pkcs8).unwrap();
            let forms = public_forms(&key.jwk);
            for der in written {
                assert!(forms.iter().any(|(form, _)| *form == der), "{algorithm:?}");
            }
            let pem = forms.iter().find(|(_, what)| *what == "the public key in PEM").unwrap();
            assert!(pem.0.ends_with(b"\n-----END PUBLIC KEY-----\n"));
        }
    }
}
