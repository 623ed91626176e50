//! Vestibule's cookies, which are between the browser and the gateway alone.

use http::{
    HeaderMap, HeaderValue,
    header::{COOKIE, Entry, SET_COOKIE},
};

const OURS: [&[u8]; 2] = [b"__host-vestibule_", b"vestibule_development_"];

/// Removes ours from what a browser has sent; the others stay.
pub(super) fn strip(headers: &mut HeaderMap) {
    let Entry::Occupied(cookies) = headers.entry(COOKIE) else { return };
    let kept: Vec<HeaderValue> = cookies.iter().filter_map(others).collect();
    cookies.remove();
    for value in kept {
        headers.append(COOKIE, value);
    }
}

fn others(value: &HeaderValue) -> Option<HeaderValue> {
    let pairs = value.as_bytes().split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
    let others: Vec<&[u8]> = pairs.filter(|pair| !pair.is_empty() && !is_ours(pair)).collect();
    if others.is_empty() {
        return None;
    }
    let mut value = HeaderValue::from_bytes(&others.join(&b"; "[..])).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Removes what would set ours from an answer of the application.
pub(super) fn strip_set(headers: &mut HeaderMap) {
    let Entry::Occupied(set) = headers.entry(SET_COOKIE) else { return };
    let kept: Vec<HeaderValue> = set.iter().filter(|value| !is_ours(value.as_bytes())).cloned().collect();
    set.remove();
    for value in kept {
        headers.append(SET_COOKIE, value);
    }
}

/// Browsers send a cookie without a name as its bare value, so `=a=b` is one called `a` as well.
fn is_ours(pair: &[u8]) -> bool {
    let blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'=';
    let begin = pair.iter().position(|byte| !blank(byte)).unwrap_or(pair.len());
    let name = &pair[begin..];
    OURS.iter().any(|ours| name.get(..ours.len()).is_some_and(|name| name.eq_ignore_ascii_case(ours)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(name: http::HeaderName, lines: &[&str], strip: fn(&mut HeaderMap)) -> Vec<String> {
        let mut headers: HeaderMap = lines.iter().map(|line| (name.clone(), line.parse().unwrap())).collect();
        strip(&mut headers);
        headers.get_all(name).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn ours_stay_here_and_others_pass() {
        let lines = [
            "a=1; __Host-vestibule_session=secret;b=2",
            "vestibule_development_session=secret",
            " __host-VESTIBULE_browser = x ; =vestibule_development_challenge=x; c=\"q; __Host-vestibule_session=x\"",
        ];
        assert_eq!(after(COOKIE, &lines, strip), ["a=1; b=2", "c=\"q"]);
        assert_eq!(after(COOKIE, &["vestibule=1; x__Host-vestibule_a=2"], strip).len(), 1);
    }

    #[test]
    fn an_application_sets_none_of_ours() {
        let lines = [
            "a=1; Path=/",
            "__Host-vestibule_session=evil; Path=/; Secure",
            "__HOST-Vestibule_Session=evil; Path=/; Secure",
            "=__Host-vestibule_session=evil",
            "vestibule_development_session=evil; Max-Age=0",
            "b=__Host-vestibule_session",
        ];
        assert_eq!(after(SET_COOKIE, &lines, strip_set), ["a=1; Path=/", "b=__Host-vestibule_session"]);
    }
}
