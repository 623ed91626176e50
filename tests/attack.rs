//! The attacks on an application's own router: a sound one withstands them all, and for each there is a router
//! that was built wrongly in the way it looks for, and is reported by its name.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![cfg(all(feature = "axum", feature = "test-util"))]

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_lc_rs::hmac;
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path, Request},
    middleware::{Next, from_fn},
    response::{IntoResponse, Redirect, Response},
    routing::{any, get, post},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use http::{HeaderMap, Method, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full};
use ipnet::IpNet;
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, Jwk},
};
use tower::{Layer, ServiceExt, service_fn};
use vestibule::{
    ErrorKind, Grpc, JwtAlgorithm, Limit, Limits, MemberSession, PeerAddress, Requirement, SessionPolicy,
    Vestibule,
    deliver::{Email, EmailSender},
    domain::{EmailAddress, FactorClass, FactorDemand, Permission, Role, RoleId, SessionId},
    test::{Attack, Kit, KitError, Outcome, Report, attack},
};

async fn kit() -> Kit {
    // So that a session can lie idle before it ends.
    let policy = SessionPolicy { idle: Duration::from_secs(30 * 60), ..SessionPolicy::default() };
    let biller = Role {
        role_id: RoleId::new("biller").unwrap(),
        description: String::new(),
        permissions: vec![Permission { resource_id: "invoices".into(), actions: vec!["pay".into()] }],
    };
    let builder = Vestibule::development().jwt_algorithm(JwtAlgorithm::EdDsa).session_policy(policy);
    Kit::over(builder.roles([biller]).limits(few_failures())).await.unwrap()
}

/// So that the limit is met soon.
fn few_failures() -> Limits {
    let mut limits = Limits::default();
    limits.failures_per_client = Limit::per_minutes(5, 15);
    limits
}

fn fresh() -> FactorDemand {
    FactorDemand::secondary().within(Duration::from_secs(300))
}

async fn reports(session: MemberSession) -> String {
    format!("the reports of {}", session.organization_slug())
}

/// Every kind of demand, as the documents say to make it.
fn sound(kit: &Kit) -> Router {
    let layer = |requirement| kit.vestibule().require(requirement);
    let member = Requirement::member;
    let open = async || "everybody may read this, by any name";
    Router::new()
        .route("/reports", get(reports).route_layer(layer(member())).post(open))
        .route("/admin", get(reports).route_layer(layer(member().role(RoleId::admin()))))
        .route("/pay", get(reports).route_layer(layer(member().permission("invoices", "pay"))))
        .route("/transfer", post(reports).route_layer(layer(member().factor(fresh())).back_to("/")))
        .route("/app", get(reports).route_layer(layer(member().factor(FactorDemand::totp()))))
        .route("/sms", get(reports).route_layer(layer(member().factor(FactorDemand::sms_otp()))))
        .route("/refund", get(reports).route_layer(layer(refund())))
        .route("/recent", get(reports).route_layer(layer(member().factor(recent()))))
        .route(
            "/o/{name}/reports",
            get(async |Path(name): Path<String>| name)
                .route_layer(layer(member()).organization_in_path("name")),
        )
        .fallback(open)
        .layer(kit.vestibule().auth_layer())
        .layer(kit.vestibule().session_layer())
}

fn refund() -> Requirement {
    Requirement::member().role(RoleId::admin()).factor(fresh())
}

fn recent() -> FactorDemand {
    FactorDemand::primary().within(Duration::from_secs(60))
}

fn on_all_routes(attack: Attack) -> Attack {
    let member = Requirement::member;
    let transfer =
        http::Request::post("/transfer").header("content-type", "application/json").body("{}").unwrap();
    attack
        .get("/reports", member())
        .get("/admin", member().role(RoleId::admin()))
        .get("/pay", member().permission("invoices", "pay"))
        .route(transfer, member().factor(fresh()))
        .get("/app", member().factor(FactorDemand::totp()))
        .get("/sms", member().factor(FactorDemand::sms_otp()))
        .get("/refund", refund())
        .get("/recent", member().factor(recent()))
        .get("/o/{organization}/reports?year=2026", member())
}

fn names(report: &Report, of: impl Fn(&Outcome) -> bool) -> BTreeSet<&'static str> {
    let findings = report.findings().iter();
    findings.filter(|finding| of(&finding.outcome)).map(|finding| finding.attack).collect()
}

fn broken(report: &Report) -> BTreeSet<&'static str> {
    names(report, |outcome| matches!(outcome, Outcome::Broken(_)))
}

#[tokio::test]
async fn a_sound_router_withstands_every_attack() {
    let kit = kit().await;
    let report = on_all_routes(attack(sound(&kit), &kit)).await.unwrap();
    report.assert_withstood();
    // Each attack makes sense on some route.
    let withstood = names(&report, |outcome| *outcome == Outcome::Withstood);
    let all = names(&report, |_| true);
    assert_eq!(all.difference(&withstood).collect::<Vec<_>>(), [&""; 0], "{report}");
    let text = report.to_string();
    assert_eq!(text.lines().count(), report.findings().len());
    assert!(text.contains("withstood       POST /transfer: a factor that is too old\n"), "{text}");
    assert!(text.contains("not applicable  GET /reports: a factor that is too old: no factor is demanded\n"));
}

/// How a router decides who it lets in, from the head of a request.
trait Decides: Fn(Vestibule, Asked) -> Deciding + Clone + Send + Sync + 'static {}

impl<F: Fn(Vestibule, Asked) -> Deciding + Clone + Send + Sync + 'static> Decides for F {}

type Deciding = std::pin::Pin<Box<dyn Future<Output = bool> + Send>>;

/// What such a router looks at.
struct Asked {
    headers: HeaderMap,
    uri: Uri,
    method: Method,
}

const COOKIE: &str = "vestibule_development_session";

impl Asked {
    fn cookies(&self) -> Vec<(String, String)> {
        let lines = self.headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let pairs = lines.flat_map(|line| line.split("; ")).filter_map(|pair| pair.split_once('='));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    fn cookie(&self) -> Option<String> {
        let cookies = self.cookies();
        let mut own = cookies.iter().filter(|(name, _)| name == COOKIE);
        own.next().map(|(_, value)| value.clone()).filter(|_| own.next().is_none())
    }

    fn header(&self, name: &str) -> String {
        String::from_utf8_lossy(self.headers.get(name).map_or(b"", |value| value.as_bytes())).into_owned()
    }

    fn bearer(&self) -> Option<String> {
        let header = self.headers.get(header::AUTHORIZATION)?;
        Some(String::from_utf8_lossy(header.as_bytes()).strip_prefix("Bearer ")?.to_owned())
    }

    /// As it should be read.
    fn token(&self) -> Option<String> {
        if self.headers.contains_key(header::AUTHORIZATION) { self.bearer() } else { self.cookie() }
    }
}

async fn session(vestibule: &Vestibule, token: Option<String>) -> Option<MemberSession> {
    vestibule.current_session(&token?).await.ok()
}

async fn is_good(vestibule: &Vestibule, asked: &Asked) -> bool {
    session(vestibule, asked.token()).await.is_some()
}

/// An application that decides by itself.
fn homemade(kit: &Kit, lets_in: impl Decides) -> Router {
    let handler = async || ([(header::CACHE_CONTROL, "no-store")], "reports");
    let routes = Router::new().route("/reports", any(handler)).route("/o/{name}/reports", any(handler));
    guarded(kit, routes, lets_in)
}

fn guarded(kit: &Kit, routes: Router, lets_in: impl Decides) -> Router {
    let vestibule = kit.vestibule().clone();
    let guard = move |request: Request, next: Next| {
        let (vestibule, lets_in) = (vestibule.clone(), lets_in.clone());
        async move {
            let asked = Asked {
                headers: request.headers().clone(),
                uri: request.uri().clone(),
                method: request.method().clone(),
            };
            if lets_in(vestibule, asked).await {
                next.run(request).await
            } else {
                StatusCode::UNAUTHORIZED.into_response()
            }
        }
    };
    routes.layer(from_fn(guard)).layer(kit.vestibule().auth_layer())
}

/// Attacks a router on one route, and answers what it is broken by.
async fn broken_on(
    kit: &Kit,
    router: Router,
    path: &str,
    requirement: Requirement,
) -> BTreeSet<&'static str> {
    let report = attack(router, kit).get(path, requirement).await.unwrap();
    broken(&report)
}

/// What is broken in each of the routers that were built wrongly.
async fn found() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let kit = &kit().await;
    let mut found = BTreeMap::new();
    for (name, router) in homemade_routers(kit) {
        found.insert(name, broken_on(kit, router, "/reports", Requirement::member()).await);
    }
    for (name, router, path, requirement) in routers_with_less(kit) {
        found.insert(name, broken_on(kit, router, path, requirement).await);
    }
    found
}

fn homemade_routers(kit: &Kit) -> Vec<(&'static str, Router)> {
    vec![
        ("forgets to ask", homemade(kit, |_, _| Box::pin(async { true }))),
        (
            "trusts its proxy",
            homemade(kit, |vestibule, asked| {
                Box::pin(async move {
                    is_good(&vestibule, &asked).await || !asked.header("x-forwarded-user").is_empty()
                })
            }),
        ),
        (
            "trusts this machine",
            homemade(kit, |vestibule, asked| {
                Box::pin(async move {
                    is_good(&vestibule, &asked).await || asked.header("x-forwarded-for") == "127.0.0.1"
                })
            }),
        ),
        (
            "reads tokens in addresses",
            homemade(kit, |vestibule, asked| {
                Box::pin(async move {
                    let query = asked.uri.query().and_then(|query| query.split_once("token="));
                    let token = query.map(|(_, token)| token.to_owned()).or_else(|| asked.token());
                    session(&vestibule, token).await.is_some()
                })
            }),
        ),
        (
            "takes any scheme",
            homemade(kit, |vestibule, asked| {
                Box::pin(async move {
                    let token = match asked.header("authorization").rsplit_once(' ') {
                        Some((_, token)) => Some(token.to_owned()),
                        None => asked.cookie(),
                    };
                    session(&vestibule, token).await.is_some()
                })
            }),
        ),
        (
            "takes any cookie like its own",
            homemade(kit, |vestibule, asked| {
                Box::pin(async move {
                    let mut cookies = asked.cookies();
                    cookies.retain(|(name, _)| name.to_ascii_lowercase().contains("session"));
                    let token = asked.bearer().or_else(|| cookies.pop().map(|(_, token)| token));
                    session(&vestibule, token).await.is_some()
                })
            }),
        ),
        (
            "looks at the token's length",
            homemade(kit, |vestibule, asked| {
                Box::pin(async move {
                    let token = asked.token().unwrap_or_default();
                    token.len() == 44 || session(&vestibule, Some(token)).await.is_some()
                })
            }),
        ),
        (
            "knows tokens by their beginning",
            homemade(kit, remembering(|token| token.chars().take(20).collect())),
        ),
        ("never forgets a token", homemade(kit, remembering(|token| token.to_owned()))),
        (
            "takes the first of two cookies",
            homemade(kit, |vestibule, asked| {
                Box::pin(async move {
                    let own = asked.cookies().into_iter().find(|(name, _)| name == COOKIE);
                    session(&vestibule, asked.bearer().or_else(|| Some(own?.1))).await.is_some()
                })
            }),
        ),
        (
            "falls back to the cookie",
            homemade(kit, |vestibule, asked| {
                Box::pin(async move {
                    session(&vestibule, asked.bearer()).await.is_some()
                        || session(&vestibule, asked.cookie()).await.is_some()
                })
            }),
        ),
        (
            "lets long headers pass",
            homemade(kit, |vestibule, asked| {
                Box::pin(async move {
                    asked.headers.values().any(|value| value.len() > 64 * 1024)
                        || is_good(&vestibule, &asked).await
                })
            }),
        ),
        (
            "reads JWTs without checking them",
            homemade(kit, |vestibule, asked| {
                Box::pin(async move {
                    let claims = claims(&asked);
                    let timely = claims["exp"].as_u64().is_some_and(|exp| exp > vestibule.now().as_secs());
                    timely || is_good(&vestibule, &asked).await
                })
            }),
        ),
        (
            "looks a JWT's session up, and no more",
            homemade(kit, |vestibule, asked| {
                Box::pin(
                    async move { is_live(&vestibule, &asked).await || is_good(&vestibule, &asked).await },
                )
            }),
        ),
        ("keeps a list of paths", list_of_paths(kit, || "reports".into_response())),
        ("keeps a list of paths that lead on", list_of_paths(kit, || Redirect::to("/done").into_response())),
        (
            "lets in while the store fails",
            homemade(kit, |vestibule, asked| {
                Box::pin(async move {
                    let Some(token) = asked.token() else { return false };
                    match vestibule.current_session(&token).await {
                        Ok(_) => true,
                        Err(error) => *error.kind() == ErrorKind::Unavailable,
                    }
                })
            }),
        ),
        ("lets in while the directory fails", homemade(kit, asks_the_store_of_sessions())),
        ("knows JWTs by what they say", homemade(kit, remembering(message))),
        ("takes public keys for secrets", homemade(kit, takes_public_keys_for_secrets)),
        ("checks a JWT's signature, and no more", homemade(kit, checks_signatures)),
        (
            "guards GET alone",
            homemade(kit, |vestibule, asked| {
                Box::pin(async move { asked.method != Method::GET || is_good(&vestibule, &asked).await })
            }),
        ),
        ("caches for everybody", caching(kit, false)),
        ("caches for all members", caching(kit, true)),
        ("lets caches keep it", answering(kit, |_| (header::CACHE_CONTROL, "public, max-age=60".to_owned()))),
        (
            "tells the token",
            answering(kit, |headers| {
                let cookie =
                    headers.get(header::COOKIE).map(|value| value.to_str().unwrap_or_default().to_owned());
                (header::ETAG, cookie.unwrap_or_default())
            }),
        ),
        ("shares with all sites", shared(kit)),
        ("strips origins", strips_origins(kit, "")),
        ("strips origins of codes", strips_origins(kit, "/auth/code")),
        ("strips origins of exchanges", strips_origins(kit, "/auth/organizations")),
        ("strips origins of second factors", strips_origins(kit, "/auth/mfa/totp")),
        ("strips origins of step-ups", strips_origins(kit, "/auth/step-up/totp")),
        ("strips origins of links", strips_origins(kit, "/auth/link")),
        ("strips origins of new organizations", strips_origins(kit, "/auth/organizations/create")),
        ("strips origins of switches", strips_origins(kit, "/auth/switch")),
        ("strips origins of authenticator apps", strips_origins(kit, "/auth/enrol/totp")),
        ("strips origins of codes of apps", strips_origins(kit, "/auth/enrol/totp/confirm")),
        ("strips origins of phones", strips_origins(kit, "/auth/enrol/sms")),
        ("strips origins of codes of phones", strips_origins(kit, "/auth/enrol/sms/confirm")),
        ("strips origins of single revocations", strips_origins(kit, "/auth/sessions/revoke")),
        ("strips origins of revocations", strips_origins(kit, "/auth/sessions/revoke-others")),
        ("strips origins of sign-outs", strips_origins(kit, "/auth/sign-out")),
        ("goes wherever it is told", goes_anywhere(kit, |to| Some(to.to_owned()))),
        ("decodes what it has checked", goes_anywhere(kit, decoded_after_checking)),
        ("compares beginnings of addresses", goes_anywhere(kit, like_its_own_origin)),
        ("leads on at whatever host it is asked", leads_on_at_its_host(kit)),
        ("mails links to whatever host it is asked at", mails_links_to_its_host(kit)),
        ("believes where a request says it is from", believes_addresses(kit)),
        ("may be framed", without_headers(kit, &["content-security-policy", "x-frame-options"])),
        ("tells addresses", without_headers(kit, &["referrer-policy"])),
        ("adopts cookies", adopts_cookies(kit)),
    ]
}

/// Lets in whoever was let in before, by some part of the token.
fn remembering(key: fn(&str) -> String) -> impl Decides {
    let known: Arc<Mutex<HashSet<String>>> = Arc::default();
    move |vestibule: Vestibule, asked: Asked| {
        let known = Arc::clone(&known);
        Box::pin(async move {
            let Some(token) = asked.token() else { return false };
            if token.len() >= 43 && known.lock().unwrap().contains(&key(&token)) {
                return true;
            }
            let good = session(&vestibule, Some(token.clone())).await.is_some();
            if good {
                known.lock().unwrap().insert(key(&token));
            }
            good
        }) as Deciding
    }
}

/// Where a session that was good can't be loaded any more, for whatever reason.
fn asks_the_store_of_sessions() -> impl Decides {
    let known: Arc<Mutex<HashMap<String, MemberSession>>> = Arc::default();
    move |vestibule: Vestibule, asked: Asked| {
        let known = Arc::clone(&known);
        Box::pin(async move {
            let Some(token) = asked.token() else { return false };
            match vestibule.current_session(&token).await {
                Ok(session) => {
                    known.lock().unwrap().insert(token, session);
                    true
                }
                Err(error) if *error.kind() == ErrorKind::Unavailable => {
                    let Some(session) = known.lock().unwrap().get(&token).cloned() else { return false };
                    let id = session.member_session_id();
                    let stored = vestibule.sessions_of(session.member_id()).await.unwrap_or_default();
                    stored.iter().any(|record| record.session_id == id)
                }
                Err(_) => false,
            }
        }) as Deciding
    }
}

fn claims(asked: &Asked) -> serde_json::Value {
    let jwt = asked.bearer().unwrap_or_default();
    let claims = jwt.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    serde_json::from_slice(&claims.unwrap_or_default()).unwrap_or_default()
}

fn message(jwt: &str) -> String {
    jwt.rsplit_once('.').map_or(jwt, |(message, _)| message).to_owned()
}

/// A JWT's header, what is signed of it, and its signature.
fn parts(asked: &Asked) -> Option<(serde_json::Value, String, String)> {
    let jwt = asked.bearer()?;
    let (message, signature) = jwt.rsplit_once('.')?;
    let header = URL_SAFE_NO_PAD.decode(message.split('.').next()?).ok()?;
    Some((serde_json::from_slice(&header).ok()?, message.to_owned(), signature.to_owned()))
}

async fn is_live(vestibule: &Vestibule, asked: &Asked) -> bool {
    let id = claims(asked)["https://stytch.com/session"]["id"].as_str().map(SessionId::new);
    let Some(Ok(id)) = id else { return false };
    vestibule.engine().is_live(&id, vestibule.now()).await.unwrap()
}

/// As libraries did that took one key for every algorithm.
fn takes_public_keys_for_secrets(vestibule: Vestibule, asked: Asked) -> Deciding {
    Box::pin(async move {
        let Some((header, message, signature)) = parts(&asked) else {
            return is_good(&vestibule, &asked).await;
        };
        if header["alg"] != "HS256" {
            return is_good(&vestibule, &asked).await;
        }
        let jwks = vestibule.engine().jwks();
        let keys = jwks["keys"].as_array().unwrap();
        keys.iter().any(|key| {
            let x = URL_SAFE_NO_PAD.decode(key["x"].as_str().unwrap()).unwrap();
            // Ed25519 (RFC 8410 §4).
            let info = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
            let der = [&info[..], &x].concat();
            let pem =
                format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der));
            let secret = hmac::Key::new(hmac::HMAC_SHA256, pem.as_bytes());
            let tag = URL_SAFE_NO_PAD.decode(&signature).unwrap_or_default();
            hmac::verify(&secret, message.as_bytes(), &tag).is_ok()
        })
    })
}

/// With the key of the key set that the header names.
fn checks_signatures(vestibule: Vestibule, asked: Asked) -> Deciding {
    Box::pin(async move {
        let Some((header, message, signature)) = parts(&asked) else {
            return is_good(&vestibule, &asked).await;
        };
        let jwks = vestibule.engine().jwks();
        let key = jwks["keys"].as_array().unwrap().iter().find(|key| key["kid"] == header["kid"]);
        key.is_some_and(|key| is_signed_by(key, &message, &signature)) && is_live(&vestibule, &asked).await
    })
}

fn is_signed_by(jwk: &serde_json::Value, message: &str, signature: &str) -> bool {
    let Ok(jwk) = serde_json::from_value::<Jwk>(jwk.clone()) else { return false };
    let key = DecodingKey::from_jwk(&jwk).unwrap();
    let algorithm = if matches!(jwk.algorithm, AlgorithmParameters::RSA(_)) {
        Algorithm::RS256
    } else {
        Algorithm::EdDSA
    };
    jsonwebtoken::crypto::verify(signature, message.as_bytes(), &key, algorithm).unwrap_or(false)
}

/// Puts addresses and methods right behind whoever decides.
fn tidying(kit: &Kit, routes: Router, lets_in: impl Decides) -> Router {
    let tidied = async move |mut request: Request| {
        let path = request.uri().path().trim_end_matches('/').to_ascii_lowercase();
        *request.uri_mut() = path.parse().unwrap_or_default();
        if let Some(method) = request.headers().get("x-http-method-override") {
            *request.method_mut() = Method::from_bytes(method.as_bytes()).unwrap();
        }
        routes.clone().oneshot(request).await.unwrap()
    };
    guarded(kit, Router::new().fallback(tidied), lets_in)
}

fn kept_private(answer: Response) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], answer).into_response()
}

/// Asks only at the paths of its list, before the address is put right.
fn list_of_paths(kit: &Kit, answer: fn() -> Response) -> Router {
    let handler = async move || kept_private(answer());
    let routes = Router::new().route("/reports", get(handler));
    tidying(kit, routes, |vestibule, asked| {
        Box::pin(async move { asked.uri.path() != "/reports" || is_good(&vestibule, &asked).await })
    })
}

/// Answers what it has answered before at the same path; to members alone, or to everybody.
fn caching(kit: &Kit, members_only: bool) -> Router {
    let kept: Arc<Mutex<HashMap<String, Bytes>>> = Arc::default();
    let cache = move |request: Request, next: Next| {
        let kept = Arc::clone(&kept);
        async move {
            let path = request.uri().path().to_owned();
            let found = kept.lock().unwrap().get(&path).cloned();
            if let Some(body) = found {
                return ([(header::CACHE_CONTROL, "no-store")], body).into_response();
            }
            let (parts, body) = next.run(request).await.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            if parts.status == StatusCode::OK {
                kept.lock().unwrap().insert(path, body.clone());
            }
            Response::from_parts(parts, Body::from(body))
        }
    };
    let require = kit.vestibule().require(Requirement::member());
    let router = Router::new().route("/reports", get(reports));
    let router = if members_only {
        router.layer(from_fn(cache)).layer(require)
    } else {
        router.layer(require).layer(from_fn(cache))
    };
    router.layer(kit.vestibule().session_layer())
}

/// A sound router that sets a header of its own.
fn answering(kit: &Kit, header: fn(&HeaderMap) -> (http::HeaderName, String)) -> Router {
    let handler = async move |_: MemberSession, headers: HeaderMap| ([header(&headers)], "reports");
    Router::new()
        .route("/reports", get(handler))
        .layer(kit.vestibule().require(Requirement::member()))
        .layer(kit.vestibule().session_layer())
}

fn shared(kit: &Kit) -> Router {
    let share = async |request: Request, next: Next| {
        let origin = request.headers().get(header::ORIGIN).cloned();
        let mut response = next.run(request).await;
        if let Some(origin) = origin {
            response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            response
                .headers_mut()
                .insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, http::HeaderValue::from_static("true"));
        }
        response
    };
    sound(kit).layer(from_fn(share))
}

/// On requests for this path, or on all.
fn strips_origins(kit: &Kit, path: &'static str) -> Router {
    let strip = move |mut request: Request, next: Next| async move {
        if path.is_empty() || request.uri().path() == path {
            request.headers_mut().remove(header::ORIGIN);
            request.headers_mut().remove("sec-fetch-site");
        }
        next.run(request).await
    };
    sound(kit).layer(from_fn(strip))
}

/// As who has copied a middleware that reads the leftmost address.
fn believes_addresses(kit: &Kit) -> Router {
    let believe = async |mut request: Request, next: Next| {
        let said = request.headers().get("x-forwarded-for").and_then(|value| value.to_str().ok());
        let said = said.and_then(|said| said.split(',').next()).and_then(|first| first.trim().parse().ok());
        if let Some(address) = said {
            request.extensions_mut().insert(PeerAddress(SocketAddr::new(address, 80)));
        }
        next.run(request).await
    };
    sound(kit).layer(from_fn(believe))
}

fn without_headers(kit: &Kit, names: &'static [&'static str]) -> Router {
    let remove = move |request: Request, next: Next| async move {
        let mut response = next.run(request).await;
        for name in names {
            response.headers_mut().remove(*name);
        }
        response
    };
    sound(kit).layer(from_fn(remove))
}

/// Makes addresses whole with what the request says of itself.
fn leads_on_at_its_host(kit: &Kit) -> Router {
    let whole = async |request: Request, next: Next| {
        let host = request.headers().get(header::HOST).cloned();
        let mut response = next.run(request).await;
        if let (Some(host), Some(to)) = (host, response.headers().get(header::LOCATION).cloned()) {
            let whole = format!("http://{}{}", host.to_str().unwrap(), to.to_str().unwrap());
            response.headers_mut().insert(header::LOCATION, whole.parse().unwrap());
        }
        response
    };
    sound(kit).layer(from_fn(whole))
}

/// Sends a mail of its own to whoever wants a link.
fn mails_links_to_its_host(kit: &Kit) -> Router {
    let mailbox = kit.mailbox().clone();
    let mail = move |request: Request, next: Next| {
        let mailbox = mailbox.clone();
        async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            let fields: HashMap<String, String> = serde_html_form::from_bytes(&body).unwrap_or_default();
            if let (Some(host), Some(address)) =
                (parts.headers.get("x-forwarded-host"), fields.get("email_address"))
            {
                let link = format!("http://{}/auth/link?token=1", host.to_str().unwrap());
                let address = EmailAddress::parse(address).unwrap();
                mailbox.send(&Email::new(address, "Sign in", link.into())).await.unwrap();
            }
            next.run(Request::from_parts(parts, Body::from(body))).await
        }
    };
    sound(kit).layer(from_fn(mail))
}

fn decoded_after_checking(to: &str) -> Option<String> {
    let local = to.starts_with('/') && !to.starts_with("//");
    local.then(|| percent_encoding::percent_decode_str(to).decode_utf8_lossy().into_owned())
}

fn like_its_own_origin(to: &str) -> Option<String> {
    to.starts_with("http://127.0.0.1:3000").then(|| to.to_owned())
}

/// A login that remembers where somebody wanted to go, and believes it.
fn goes_anywhere(kit: &Kit, read: fn(&str) -> Option<String>) -> Router {
    let wanted: Arc<Mutex<Option<String>>> = Arc::default();
    let go = move |request: Request, next: Next| {
        let wanted = Arc::clone(&wanted);
        async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            let fields: HashMap<String, String> = serde_html_form::from_bytes(&body).unwrap_or_default();
            if let Some(to) = fields.get("return_to") {
                *wanted.lock().unwrap() = read(to);
            }
            let signs_in = parts.uri.path() == "/auth/organizations";
            let mut response = next.run(Request::from_parts(parts, Body::from(body))).await;
            if signs_in
                && let Some(to) = wanted.lock().unwrap().take()
                && let Ok(to) = http::HeaderValue::from_str(&to)
            {
                response.headers_mut().insert(header::LOCATION, to);
            }
            response
        }
    };
    sound(kit).layer(from_fn(go))
}

/// Whoever signs in makes the cookie good that they came with.
fn adopts_cookies(kit: &Kit) -> Router {
    let adopted: Arc<Mutex<HashMap<String, String>>> = Arc::default();
    let adopt = move |mut request: Request, next: Next| {
        let adopted = Arc::clone(&adopted);
        async move {
            let asked = Asked {
                headers: request.headers().clone(),
                uri: request.uri().clone(),
                method: request.method().clone(),
            };
            let came_with = asked.cookie();
            let good = came_with.as_ref().and_then(|token| adopted.lock().unwrap().get(token).cloned());
            if let Some(good) = good {
                let line = format!("{COOKIE}={good}").parse().unwrap();
                request.headers_mut().insert(header::COOKIE, line);
            }
            let response = next.run(request).await;
            for line in response.headers().get_all(header::SET_COOKIE) {
                let pair = line.to_str().unwrap().split(';').next().unwrap();
                if let (Some(("vestibule_development_session", token)), Some(came_with)) =
                    (pair.split_once('='), came_with.clone())
                {
                    adopted.lock().unwrap().insert(came_with, token.to_owned());
                }
            }
            response
        }
    };
    sound(kit).layer(from_fn(adopt))
}

/// Routers that demand less than they are said to.
fn routers_with_less(kit: &Kit) -> Vec<(&'static str, Router, &'static str, Requirement)> {
    let member = Requirement::member;
    let demanding = |requirement| {
        Router::new()
            .route("/reports", get(reports))
            .route("/o/{name}/reports", get(reports))
            .layer(kit.vestibule().require(requirement))
            .layer(kit.vestibule().session_layer())
    };
    let admin = || member().role(RoleId::admin());
    vec![
        ("asks for no role", demanding(member()), "/reports", admin()),
        ("asks for no permission", demanding(member()), "/reports", member().permission("invoices", "pay")),
        ("remembers roles", homemade(kit, remembering_roles()), "/reports", admin()),
        (
            "asks for roles at its list of paths",
            tidying(kit, one_route(), |vestibule, asked| {
                Box::pin(async move {
                    let session = session(&vestibule, asked.token()).await;
                    session.is_some_and(|session| asked.uri.path() != "/reports" || is_admin(&session))
                })
            }),
            "/reports",
            admin(),
        ),
        (
            "asks for roles by one method",
            homemade(kit, |vestibule, asked| {
                Box::pin(async move {
                    let session = session(&vestibule, asked.token()).await;
                    session.is_some_and(|session| asked.method != Method::GET || is_admin(&session))
                })
            }),
            "/reports",
            admin(),
        ),
        (
            "asks for roles before it reads the method",
            tidying(kit, one_route().route("/reports", post("noted")), |vestibule, asked| {
                Box::pin(async move {
                    let session = session(&vestibule, asked.token()).await;
                    let posts = asked.method == Method::POST;
                    session.is_some_and(|session| posts || is_admin(&session))
                })
            }),
            "/reports",
            admin(),
        ),
        ("believes headers about roles", homemade(kit, believes_roles("x-roles")), "/reports", admin()),
        (
            "reads headers of either spelling",
            homemade(kit, believes_roles("x_vestibule_roles")),
            "/reports",
            admin(),
        ),
        (
            "takes whoever has no roles for one of its own",
            homemade(kit, |vestibule, asked| {
                Box::pin(async move {
                    // What the guard has set, a proxy behind it takes out again.
                    let taken_out = asked.header("connection").contains("x-vestibule-roles");
                    let session = session(&vestibule, asked.token()).await;
                    session.is_some_and(|session| taken_out || is_admin(&session))
                })
            }),
            "/reports",
            admin(),
        ),
        (
            "asks for factors at its list of paths",
            tidying(kit, one_route(), |vestibule, asked| {
                Box::pin(async move {
                    let session = session(&vestibule, asked.token()).await;
                    session.is_some_and(|session| {
                        asked.uri.path() != "/reports" || proved(&vestibule, &session, 300)
                    })
                })
            }),
            "/reports",
            member().factor(fresh()),
        ),
        (
            "reads in addresses how old a factor may be",
            homemade(kit, |vestibule, asked| {
                Box::pin(async move {
                    let said = asked.uri.query().and_then(|query| query.strip_prefix("max_age="));
                    let age = said.and_then(|age| age.parse().ok()).unwrap_or(300);
                    let session = session(&vestibule, asked.token()).await;
                    session.is_some_and(|session| proved(&vestibule, &session, age))
                })
            }),
            "/reports",
            member().factor(fresh()),
        ),
        (
            "takes two lacks for none",
            homemade(kit, |vestibule, asked| {
                Box::pin(async move {
                    let session = session(&vestibule, asked.token()).await;
                    session.is_some_and(|session| is_admin(&session) == proved(&vestibule, &session, 300))
                })
            }),
            "/reports",
            refund(),
        ),
        (
            "remembers factors by address",
            homemade(kit, remembering_factors()),
            "/reports",
            member().factor(fresh()),
        ),
        ("asks for no organization", demanding(member()), "/o/{organization}/reports", member()),
        ("asks for no factor", demanding(member()), "/reports", member().factor(fresh())),
        (
            "asks for a factor of any age",
            demanding(member().factor(FactorDemand::secondary())),
            "/reports",
            member().factor(fresh()),
        ),
        (
            "asks for any factor of any session",
            homemade(kit, |vestibule, asked| {
                Box::pin(async move {
                    let Some(session) = session(&vestibule, asked.token()).await else { return false };
                    let records = vestibule.sessions_of(session.member_id()).await.unwrap();
                    let mut factors = records.into_iter().flat_map(|record| record.factors);
                    factors.any(|factor| {
                        factor.kind.class() == FactorClass::Secondary
                            && vestibule.now().since(factor.last_authenticated_at) <= fresh().max_age()
                    })
                })
            }),
            "/reports",
            member().factor(fresh()),
        ),
        (
            "adopts cookies where a second factor is demanded",
            adopts_cookies(kit),
            "/app",
            member().factor(FactorDemand::totp()),
        ),
        (
            "takes recovery codes",
            demanding(member().factor(FactorDemand::secondary())),
            "/reports",
            member().factor(FactorDemand::totp()),
        ),
    ]
}

fn one_route() -> Router {
    Router::new().route("/reports", get(async || kept_private("reports".into_response())))
}

fn is_admin(session: &MemberSession) -> bool {
    session.has_role("stytch_admin")
}

/// Whether a second factor was proved in this session, at most so many seconds ago.
fn proved(vestibule: &Vestibule, session: &MemberSession, seconds: u64) -> bool {
    let mut factors = session.authentication_factors().into_iter();
    factors.any(|factor| {
        let age = vestibule.now().since(factor.last_authenticated_at);
        factor.kind.class() == FactorClass::Secondary && age <= Some(Duration::from_secs(seconds))
    })
}

fn believes_roles(header: &'static str) -> impl Decides {
    move |vestibule: Vestibule, asked: Asked| {
        Box::pin(async move {
            let session = session(&vestibule, asked.token()).await;
            session.is_some_and(|session| asked.header(header).contains("stytch_admin") || is_admin(&session))
        }) as Deciding
    }
}

/// Of people, whichever of their organizations they are in.
fn remembering_factors() -> impl Decides {
    let known: Arc<Mutex<HashSet<String>>> = Arc::default();
    move |vestibule: Vestibule, asked: Asked| {
        let known = Arc::clone(&known);
        Box::pin(async move {
            let Some(session) = session(&vestibule, asked.token()).await else { return false };
            let address = session.email_address().to_string();
            if proved(&vestibule, &session, 300) {
                known.lock().unwrap().insert(address.clone());
            }
            known.lock().unwrap().contains(&address)
        }) as Deciding
    }
}

/// Looks at the roles of a session once.
fn remembering_roles() -> impl Decides {
    let known: Arc<Mutex<HashMap<String, bool>>> = Arc::default();
    move |vestibule: Vestibule, asked: Asked| {
        let known = Arc::clone(&known);
        Box::pin(async move {
            let Some(session) = session(&vestibule, asked.token()).await else { return false };
            let id = session.member_session_id().to_string();
            *known.lock().unwrap().entry(id).or_insert_with(|| session.has_role("stytch_admin"))
        }) as Deciding
    }
}

#[tokio::test]
async fn every_attack_finds_the_router_that_it_looks_for() {
    let found = found().await;
    let has = |router: &str, attacks: &[&str]| {
        for attack in attacks {
            assert!(found[router].contains(attack), "{router}: {attack} is not among {:?}", found[router]);
        }
    };
    let only = |router: &str, attacks: &[&'static str]| {
        assert_eq!(found[router], attacks.iter().copied().collect(), "{router}");
    };
    has("forgets to ask", &["nobody is signed in", "a session that was signed out", "HEAD instead of GET"]);
    only("trusts its proxy", &["headers that claim who somebody is"]);
    only("trusts this machine", &["headers that claim who somebody is"]);
    only("reads tokens in addresses", &["a session token where none is read"]);
    only("takes any scheme", &["a session token where none is read"]);
    only("takes any cookie like its own", &["a session cookie under another name", "two session cookies"]);
    has(
        "looks at the token's length",
        &[
            "a session token that was made up",
            "a session token of another deployment",
            "an intermediate session token as a session",
            "a step-up challenge as a session",
            "a link of an email as a session",
        ],
    );
    has("knows tokens by their beginning", &["a session token that was changed, cut or padded"]);
    only(
        "never forgets a token",
        &[
            "a session that was signed out",
            "a session that was revoked",
            "a session past its end",
            "a session that lay idle",
            "a token that a step-up has replaced",
            "a session of a member who was deactivated",
            "a session of a member who was deleted",
            "a session of a member whose second factors were reset",
            "a session of an organization that was deleted",
            "a session of a member whose sessions were all revoked",
            "a session that can't be checked because the store fails",
            "a JWT past its five minutes",
            "a JWT of a session that was revoked",
            "a JWT of a key that was retired",
        ],
    );
    only("takes the first of two cookies", &["two session cookies"]);
    only("falls back to the cookie", &["a bad bearer token beside a good cookie"]);
    only("lets long headers pass", &["credentials that are too long or no text"]);
    only(
        "reads JWTs without checking them",
        &[
            "a JWT without a signature",
            "a JWT whose signature was changed, cut or padded",
            "a JWT of the right key that says something else",
            "a JWT of a key that was retired",
            "a JWT signed with another key",
            "a JWT whose secret is the public key",
            "a JWT whose claims or header were changed",
            "a JWT of another deployment",
            "a JWT of a session that was revoked",
        ],
    );
    only(
        "looks a JWT's session up, and no more",
        &[
            "a JWT without a signature",
            "a JWT whose signature was changed, cut or padded",
            "a JWT of the right key that says something else",
            "a JWT of a key that was retired",
            "a JWT signed with another key",
            "a JWT whose secret is the public key",
            "a JWT whose claims or header were changed",
            "a JWT past its five minutes",
        ],
    );
    has("knows JWTs by what they say", &["a JWT whose signature was changed, cut or padded"]);
    only("takes public keys for secrets", &["a JWT whose secret is the public key"]);
    only(
        "checks a JWT's signature, and no more",
        &["a JWT of the right key that says something else", "a JWT past its five minutes"],
    );
    only("lets in while the store fails", &["a session that can't be checked because the store fails"]);
    only("keeps a list of paths", &["another spelling of the path"]);
    only("keeps a list of paths that lead on", &["another spelling of the path"]);
    only("guards GET alone", &["HEAD instead of GET", "another method, or a header that names one"]);
    has(
        "caches for everybody",
        &["nobody asks again for what a member was answered", "an answer that tells of another organization"],
    );
    only("caches for all members", &["an answer that tells of another organization"]);
    only("lets caches keep it", &["an answer that a shared cache may keep"]);
    only("tells the token", &["an answer that holds the session's token"]);
    only("shares with all sites", &["an answer that another site may read"]);
    let strip: Vec<_> = found.keys().filter(|name| name.starts_with("strips origins")).collect();
    assert_eq!(strip.len(), 15);
    strip.into_iter().for_each(|router| only(router, &["a form of another site at the sign-in"]));
    only("believes where a request says it is from", &["wrong codes from addresses that are made up"]);
    has("lets in while the directory fails", &["a session that can't be checked because the store fails"]);
    only("goes wherever it is told", &["a way back that leads to another site"]);
    only("decodes what it has checked", &["a way back that leads to another site"]);
    only("compares beginnings of addresses", &["a way back that leads to another site"]);
    only("leads on at whatever host it is asked", &["a sign-in at another host"]);
    only("mails links to whatever host it is asked at", &["a sign-in at another host"]);
    only("may be framed", &["a sign-in in a frame of another site"]);
    only("tells addresses", &["an address of the sign-in that other sites are told"]);
    only(
        "adopts cookies where a second factor is demanded",
        &["a token that was planted before the sign-in"],
    );
    only("adopts cookies", &["a token that was planted before the sign-in"]);
    let roles = [
        "a member without the role or permission",
        "a role that was taken away",
        "a role that the organization gave and took away",
    ];
    only("asks for no role", &roles);
    only("asks for no permission", &roles);
    only("remembers roles", &roles[1..]);
    only("asks for roles at its list of paths", &["another spelling of the path"]);
    only(
        "asks for roles by one method",
        &["HEAD instead of GET", "another method, or a header that names one"],
    );
    only("asks for roles before it reads the method", &["another method, or a header that names one"]);
    only("believes headers about roles", &["headers that claim who somebody is"]);
    only("reads headers of either spelling", &["headers that claim who somebody is"]);
    only("takes whoever has no roles for one of its own", &["headers that claim who somebody is"]);
    has("asks for factors at its list of paths", &["another spelling of the path"]);
    has("reads in addresses how old a factor may be", &["a request that says itself what is demanded"]);
    has("takes two lacks for none", &["a member without the role and without the factor"]);
    has("remembers factors by address", &["a factor that was proved in another organization"]);
    only("asks for no organization", &["a session of another organization"]);
    only(
        "asks for no factor",
        &[
            "a session without the factor",
            "a factor that is too old",
            "a factor that was set up in this very session",
            "a factor that was proved in another session",
            "a factor that was proved in another organization",
        ],
    );
    only(
        "asks for a factor of any age",
        &["a factor that is too old", "a factor that was proved in another session"],
    );
    only(
        "asks for any factor of any session",
        &["a factor that was set up in this very session", "a factor that was proved in another session"],
    );
    only("takes recovery codes", &["a recovery code where an authenticator app is demanded"]);

    // No attack is here that can't fail.
    let kit = kit().await;
    let report = on_all_routes(attack(sound(&kit), &kit)).await.unwrap();
    let fails: BTreeSet<_> = found.into_values().flatten().collect();
    assert_eq!(names(&report, |_| true).difference(&fails).collect::<Vec<_>>(), [&""; 0]);
}

#[tokio::test]
async fn a_broken_router_is_told_by_name_and_panics_the_test() {
    let kit = kit().await;
    let router = Router::new().route("/reports", get(async || "reports"));
    let report = attack(router, &kit).get("/reports", Requirement::member()).await.unwrap();
    let panicked = std::panic::catch_unwind(|| report.assert_withstood()).unwrap_err();
    let told = panicked.downcast_ref::<String>().unwrap();
    let line = "BROKEN          GET /reports: nobody is signed in: a program was answered 200 OK";
    assert!(told.contains(line) && report.to_string().contains(line), "{told}");
    let first = report.broken().next().unwrap();
    assert_eq!((first.attack, first.route.as_str()), ("nobody is signed in", "GET /reports"));
}

#[tokio::test]
async fn a_route_that_lets_nobody_in_can_not_be_attacked() {
    let kit = kit().await;
    let member = Requirement::member;
    for (attacked, says) in [
        (attack(sound(&kit), &kit).get("/admin", member()), "is answered 403"),
        (attack(Router::new(), &kit).get("/reports", member()), "is answered 404"),
        (attack(sound(&kit), &kit).get("no path", member()), "invalid"),
        (
            attack(sound(&kit), &kit).get("/pay", member().permission("cars", "drive")),
            "no role permits drive on cars",
        ),
        (attack(sound(&kit), &kit), "name one"),
        (
            attack(reads_json(&kit), &kit).route(http::Request::post("/reports").body("").unwrap(), member()),
            "is answered 415 Unsupported Media Type; give the request the body and content type that it takes",
        ),
    ] {
        let error = attacked.await.unwrap_err();
        assert!(matches!(&error, KitError::Route { .. }) && error.to_string().contains(says), "{error}");
    }
}

/// Looks at the body before it asks who sends it.
fn reads_json(kit: &Kit) -> Router {
    let handler = async |headers: HeaderMap| match headers.get(header::CONTENT_TYPE) {
        Some(_) => "reports".into_response(),
        None => StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response(),
    };
    Router::new().route("/reports", post(handler)).layer(kit.vestibule().session_layer())
}

#[tokio::test]
async fn foreign_keys_are_of_the_kind_that_the_application_takes() {
    // RS256, as in production.
    let kit = Kit::over(Vestibule::development()).await.unwrap();
    let router = homemade(&kit, |vestibule, asked| {
        Box::pin(async move {
            let Some((header, message, signature)) = parts(&asked) else {
                return is_good(&vestibule, &asked).await;
            };
            let brought_along = header["alg"] == "RS256" && header["jwk"]["kty"] == "RSA";
            brought_along && is_signed_by(&header["jwk"], &message, &signature)
                || is_good(&vestibule, &asked).await
        })
    });
    let broken = broken_on(&kit, router, "/reports", Requirement::member()).await;
    assert_eq!(broken, BTreeSet::from(["a JWT signed with another key"]));
}

#[tokio::test]
async fn proxies_that_are_trusted_too_widely_are_found() {
    const ATTACK: &str = "wrong codes from addresses that are made up";
    let of = async |trusted: &[&str]| {
        let trusted: Vec<IpNet> = trusted.iter().map(|network| network.parse().unwrap()).collect();
        let builder = Vestibule::development().jwt_algorithm(JwtAlgorithm::EdDsa).limits(few_failures());
        let kit = Kit::over(builder.trusted_proxies(trusted)).await.unwrap();
        (sound(&kit), kit)
    };
    for (trusted, found) in [
        (&["0.0.0.0/0"][..], true),
        (&["::/0"], true),
        (&["10.0.0.0/8", "198.18.0.0/15", "203.0.113.0/24"], true),
        (&["10.0.0.0/8", "fd00::/8"], false),
        (&[], false),
    ] {
        let (router, kit) = of(trusted).await;
        let broken = broken_on(&kit, router, "/reports", Requirement::member()).await;
        assert_eq!(broken, found.then_some(ATTACK).into_iter().collect(), "{trusted:?}");
    }
    // Where nobody knows who asks, nobody is limited, and no forged address can be told.
    let (router, kit) = of(&[]).await;
    let unknown = router.layer(from_fn(async |mut request: Request, next: Next| {
        request.extensions_mut().remove::<PeerAddress>();
        next.run(request).await
    }));
    let report = attack(unknown, &kit).get("/reports", Requirement::member()).await.unwrap();
    let finding = report.findings().iter().find(|finding| finding.attack == ATTACK).unwrap();
    let Outcome::NotApplicable(why) = &finding.outcome else { panic!("{finding}") };
    assert!(why.contains("does not know the addresses"), "{why}");
}

#[tokio::test]
async fn the_document_names_every_attack() {
    let kit = kit().await;
    let report = on_all_routes(attack(sound(&kit), &kit)).await.unwrap();
    let (_, table) =
        include_str!("../docs/testing.md").split_once("| attack | made how |\n|---|---|\n").unwrap();
    let rows = table.lines().map_while(|line| line.strip_prefix("| "));
    let named: BTreeSet<&str> =
        rows.flat_map(|row| row.split(" | ").next().unwrap_or_default().split("; ")).collect();
    assert_eq!(named, names(&report, |_| true));
}

/// The tests that it shows are run, as they stand there.
#[test]
fn the_document_shows_tests_that_pass() {
    let (_, tests) = include_str!("testing.rs").split_once("\n\n").unwrap();
    assert!(include_str!("../docs/testing.md").contains(&format!("```rust\n{tests}```\n")));
}

#[tokio::test]
async fn plain_services_hosts_and_grpc_are_attacked_as_well() {
    let kit = kit().await;
    let vestibule = kit.vestibule();
    let answer = service_fn(async |_: http::Request<Full<Bytes>>| {
        Ok::<_, Infallible>(http::Response::new(Full::<Bytes>::from("reports")))
    });
    let layer = vestibule.require(Requirement::member()).organization_in_host(".reports.example");
    let plain = vestibule.session_layer().layer(layer.layer(answer));
    let request = http::Request::get("/").header("host", "{organization}.reports.example").body("").unwrap();
    let report = attack(plain, &kit).route(request.clone(), Requirement::member()).await.unwrap();
    report.assert_withstood();
    let withstood = names(&report, |outcome| *outcome == Outcome::Withstood);
    assert!(withstood.contains("a session of another organization"), "{report}");

    let careless = vestibule.session_layer().layer(vestibule.require(Requirement::member()).layer(answer));
    let report = attack(careless, &kit).route(request, Requirement::member()).await.unwrap();
    assert_eq!(broken(&report), BTreeSet::from(["a session of another organization"]));

    // Refusals of gRPC have the status 200.
    let kit = Kit::over(Vestibule::development().jwt_algorithm(JwtAlgorithm::EdDsa).tokens_in_body())
        .await
        .unwrap();
    let call = || {
        http::Request::post("/bank.Ledger/Balance")
            .header("content-type", "application/grpc")
            .body("")
            .unwrap()
    };
    let balance = async || [("grpc-status", "0")];
    let layer = kit.vestibule().require(Requirement::member()).respond_with(Grpc);
    let sound = Router::new()
        .route("/bank.Ledger/Balance", post(balance).route_layer(layer))
        .layer(kit.vestibule().auth_layer())
        .layer(kit.vestibule().session_layer());
    attack(sound, &kit).route(call(), Requirement::member()).await.unwrap().assert_withstood();
    let open = Router::new().route("/bank.Ledger/Balance", post(balance));
    let report = attack(open, &kit).route(call(), Requirement::member()).await.unwrap();
    assert!(broken(&report).contains("nobody is signed in"));
}
