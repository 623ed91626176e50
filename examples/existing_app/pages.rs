//! The application's pages, the same before and after.

use axum::response::Html;

use crate::users::User;

pub(crate) const HOME: Html<&str> =
    Html("<!doctype html><title>Invoices</title><h1>Invoices</h1><p><a href=\"/invoices\">Yours</a>");

pub(crate) fn login(error: &str) -> Html<String> {
    Html(format!(
        "<!doctype html><title>Log in</title><h1>Log in</h1><p id=\"error\">{error}</p>\
         <form method=\"post\" action=\"/login\"><p><input name=\"email\" type=\"email\"> \
         <input name=\"password\" type=\"password\"> <button>Log in</button></form>"
    ))
}

pub(crate) fn invoices(user: &User, payments: i64, logout: &str) -> Html<String> {
    let email = user.email.replace('&', "&amp;").replace('<', "&lt;");
    Html(format!(
        "<!doctype html><title>Invoices</title><h1>Invoices</h1><p>For {email}. Paid so far: {payments}.\
         <form method=\"post\" action=\"/payments\"><button>Pay one more</button></form>\
         <form method=\"post\" action=\"{logout}\"><button>Log out</button></form>"
    ))
}
