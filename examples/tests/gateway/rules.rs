//! Who may pass where, however the path is spelled.

use crate::{
    application::Application,
    person::Person,
    process::Gateway,
    wire::{Head, ask, request},
};

const RULES: &str = "
[[routes]]
prefix = '/'
public = true
[[routes]]
prefix = '/admin'
role = 'treasurer'
[[routes]]
prefix = '/admin/help'
public = true
[[routes]]
prefix = '/mine'
[[routes]]
prefix = '/office'
role = 'stytch_admin'
[[routes]]
prefix = '/acme'
organization = 'acme'
[[routes]]
prefix = '/globex'
organization = 'globex'
[[routes]]
prefix = '/transfer'
factor = 'secondary'
within = '5m'
";

#[tokio::test]
async fn each_prefix_demands_what_its_rule_says() {
    let application = Application::echo().await;
    let mut gateway = Gateway::with(&application, "", RULES).await;
    for (path, status) in [
        ("/", 200),
        ("/any", 200),
        ("/admin", 401),
        ("/admin/help/me", 200),
        ("/mine", 401),
        ("/transfer", 401),
    ] {
        let got = ask(gateway.address, &request(&format!("GET {path}"), &[], "")).await.status;
        assert_eq!(got, status, "{path} for nobody");
    }
    let ada = Person::founding(&mut gateway, "acme").await;
    let before = application.connections();
    for path in ["/mine", "/office", "/acme/x", "/administrator", "/admin/help"] {
        let seen = ada.get(&gateway, path).await;
        assert_eq!(seen.status, 200, "{path}");
        assert_eq!(Head(seen.body).one("x-vestibule-member-id"), ada.member_id);
    }
    assert_eq!(application.connections(), before + 5);
    for path in ["/admin", "/admin/", "/admin/users?x=/admin/help", "/globex", "/transfer"] {
        assert_eq!(ada.get(&gateway, path).await.status, 403, "{path}");
    }
    assert_eq!(application.connections(), before + 5);
}

#[tokio::test]
async fn no_spelling_of_a_path_gets_around_its_rule() {
    let application = Application::echo().await;
    let mut gateway = Gateway::with(&application, "", RULES).await;
    let ada = Person::founding(&mut gateway, "acme").await;
    for path in [
        "//admin",
        "/./admin",
        "/x/../admin",
        "/admin/help/../users",
        "/admin/help/%2e%2e/users",
        "/x/%2E%2E/admin",
        "/admin/help/..%2fusers",
        "/admin/help%2f..%2fusers",
        "/admin/help/..;/users",
        "/admin/help/..%3b/users",
        "/admin\\users",
        "/x\\..\\admin",
        "/x/%5c../admin",
        "/%2fadmin",
        "/admin%2fusers",
        "/;/admin",
        "/%00/admin",
        "/admin%00",
        "/admin%",
        "/%c0%ae%c0%ae/admin",
        "/%252e%252e/admin",
        "/admin//users",
        "/admin/help//x",
    ] {
        assert_eq!(ada.get(&gateway, path).await.status, 400, "{path}");
    }
    for path in [
        "/Admin",
        "/ADMIN/users",
        "/%61dmin",
        "/%41dmin/users",
        "/admin;x",
        "/admin;help/users",
        "/admin%3bx",
        "/admin.json",
        "/admin/",
        "/admin/Help",
        "/admin/h%65lp",
        "/admin/help;x",
        "/admin/helpers",
        "/admin?/../admin/help",
        // Letters that become ASCII ones without regard to case, and streams of files.
        "/adm%C4%B1n",
        "/ADM%C4%B0N",
        "/admi%CC%87n",
        "/tran%C5%BFfer/new",
        "/admin::$DATA",
        "/admin:$i30:$INDEX_ALLOCATION/users",
    ] {
        assert_eq!(ada.get(&gateway, path).await.status, 403, "{path}");
    }
    // An address in full, of whatever host, is the same path.
    for line in ["GET http://evil.example/admin", "GET http://admin/admin/users"] {
        assert_eq!(ask(gateway.address, &request(line, &[&ada.cookie()], "")).await.status, 403, "{line}");
    }
    for line in ["OPTIONS *", "CONNECT evil.example:80"] {
        assert_eq!(ask(gateway.address, &request(line, &[&ada.cookie()], "")).await.status, 400, "{line}");
    }
    assert_eq!(application.connections(), 0);
}

#[tokio::test]
async fn a_longer_rule_opens_nothing_but_its_own_spelling() {
    let application = Application::echo().await;
    let rules = "
[[routes]]
prefix = '/'
role = 'treasurer'
[[routes]]
prefix = '/help'
[[routes]]
prefix = '/open'
public = true
";
    let mut gateway = Gateway::with(&application, "", rules).await;
    let ada = Person::founding(&mut gateway, "acme").await;
    for path in ["/help", "/help/me.html", "/help/a;b", "/open", "/open/HELP"] {
        assert_eq!(ada.get(&gateway, path).await.status, 200, "{path}");
    }
    let before = application.connections();
    for path in [
        "/",
        "/help.internal",
        "/HELP",
        "/Help/me",
        "/h%65lp",
        "/help;x",
        "/help:x",
        "/helpers",
        "/open.internal",
        "/OPEN",
    ] {
        assert_eq!(ada.get(&gateway, path).await.status, 403, "{path}");
    }
    assert_eq!(application.connections(), before);
}

#[tokio::test]
async fn whatever_could_be_demanded_is() {
    let application = Application::echo().await;
    let rules = "
[[routes]]
prefix = '/'
public = true
[[routes]]
prefix = '/admin'
role = 'treasurer'
[[routes]]
prefix = '/admin/help'
[[routes]]
prefix = '/office'
role = 'stytch_admin'
[[routes]]
prefix = '/office/globex'
organization = 'globex'
[[routes]]
prefix = '/office/acme'
organization = 'acme'
";
    let mut gateway = Gateway::with(&application, "", rules).await;
    let ada = Person::founding(&mut gateway, "acme").await;
    for (path, status) in [
        ("/any", 200),
        ("/admin/help/me", 200),
        ("/office/acme", 200),
        // Below both, by one reading or another: she meets both.
        ("/OFFICE/acme", 200),
        ("/office/acme.json", 200),
        // One server folds the case, another drops what a dot begins, a third does both or neither.
        ("/Admin/help", 403),
        ("/Admin/help.json", 403),
        ("/admin/help.json", 403),
        ("/office/GLOBEX", 403),
        ("/office/globex.json", 403),
        ("/Office;x/globex", 403),
    ] {
        assert_eq!(ada.get(&gateway, path).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn headers_that_rename_the_path_are_not_passed_on() {
    let application = Application::echo().await;
    let gateway = Gateway::with(&application, "", RULES).await;
    let headers = ["X-Original-URL: /admin", "X-Rewrite-Url: /admin", "X_Original_Url: /admin"];
    let answer = ask(gateway.address, &request("GET /any", &headers, "")).await;
    assert_eq!(answer.status, 200);
    assert!(!answer.body.contains("/admin"), "{}", answer.body);
}

#[tokio::test]
async fn the_sign_in_is_the_gateways_own() {
    let application = Application::echo().await;
    let gateway = Gateway::with(&application, "", RULES).await;
    for path in ["/auth/sign-in", "/auth/jwks.json", "/auth/style.css", "/auth/nothing", "/auth/../any"] {
        let line = format!("GET {path}");
        let answer = ask(gateway.address, &request(&line, &["Accept: text/html"], "")).await;
        assert!([200, 404].contains(&answer.status), "{path} {}", answer.status);
    }
    assert_eq!(application.connections(), 0);
}
