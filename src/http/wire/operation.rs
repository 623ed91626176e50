//! One operation: what is called, by which method and path, and what it takes and answers.

use std::{pin::Pin, sync::Arc};

use bytes::Bytes;
use http::Method;
use serde::{Serialize, de::DeserializeOwned};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, schema::Schema},
};

use super::{answer::Answer, call::Call, error::WireError};
use crate::flow::api::Rule;

/// Stands in a template for whatever follows.
pub(super) const REST: &str = "{*}";

/// An answer that is being made.
pub(super) type Answering = Pin<Box<dyn Future<Output = Result<Answer, WireError>> + Send>>;

type Handler = Arc<dyn Fn(Call, Bytes) -> Answering + Send + Sync>;

/// A schema by its name, with those that it is made of.
pub(super) type Named = Vec<(String, RefOr<Schema>)>;

/// Who may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Whoever has the project's secret.
    Project,
    /// The same, perhaps on behalf of a member, whose roles decide then.
    ProjectOrMember,
    /// Everybody.
    Public,
}

/// What a query may hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct QueryParameter {
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    pub(super) required: bool,
}

/// One operation.
#[derive(Clone)]
pub(crate) struct Operation {
    pub(super) method: Method,
    /// Its template, such as `/v1/b2b/organizations/{organization_id}`.
    pub(super) path: &'static str,
    /// What it does, in a sentence.
    pub(super) summary: &'static str,
    pub(super) access: Access,
    pub(super) query: &'static [QueryParameter],
    /// Whether it is refused, because the project does not have what it is about.
    pub(super) refused: bool,
    pub(super) request: Option<fn() -> Named>,
    pub(super) response: Option<fn() -> Named>,
    handler: Handler,
}

impl Operation {
    /// An operation that takes a body.
    fn with_body<I, O, F>(
        method: Method,
        path: &'static str,
        summary: &'static str,
        handle: fn(Call, I) -> F,
    ) -> Self
    where
        I: DeserializeOwned + ToSchema + Send + 'static,
        O: Serialize + ToSchema + 'static,
        F: Future<Output = Result<O, WireError>> + Send + 'static,
    {
        let handler: Handler = Arc::new(move |call, body| match read::<I>(&body) {
            Ok(input) => {
                let environment = call.environment();
                let answering = handle(call, input);
                Box::pin(async move { Ok(Answer::done(environment, &answering.await?)) })
            }
            Err(error) => Box::pin(std::future::ready(Err(error))),
        });
        Self {
            method,
            path,
            summary,
            access: Access::Project,
            query: &[],
            refused: false,
            request: Some(named::<I>),
            response: Some(named::<O>),
            handler,
        }
    }

    pub(super) fn post<I, O, F>(path: &'static str, summary: &'static str, handle: fn(Call, I) -> F) -> Self
    where
        I: DeserializeOwned + ToSchema + Send + 'static,
        O: Serialize + ToSchema + 'static,
        F: Future<Output = Result<O, WireError>> + Send + 'static,
    {
        Self::with_body(Method::POST, path, summary, handle)
    }

    pub(super) fn put<I, O, F>(path: &'static str, summary: &'static str, handle: fn(Call, I) -> F) -> Self
    where
        I: DeserializeOwned + ToSchema + Send + 'static,
        O: Serialize + ToSchema + 'static,
        F: Future<Output = Result<O, WireError>> + Send + 'static,
    {
        Self::with_body(Method::PUT, path, summary, handle)
    }

    /// An operation whose body, if it has one, is passed over.
    pub(super) fn bare<O, F>(
        method: Method,
        path: &'static str,
        summary: &'static str,
        handle: fn(Call) -> F,
    ) -> Self
    where
        O: Serialize + ToSchema + 'static,
        F: Future<Output = Result<O, WireError>> + Send + 'static,
    {
        let handler: Handler = Arc::new(move |call, _| {
            let environment = call.environment();
            let answering = handle(call);
            Box::pin(async move { Ok(Answer::done(environment, &answering.await?)) })
        });
        Self {
            method,
            path,
            summary,
            access: Access::Project,
            query: &[],
            refused: false,
            request: None,
            response: Some(named::<O>),
            handler,
        }
    }

    pub(super) fn get<O, F>(path: &'static str, summary: &'static str, handle: fn(Call) -> F) -> Self
    where
        O: Serialize + ToSchema + 'static,
        F: Future<Output = Result<O, WireError>> + Send + 'static,
    {
        Self::bare(Method::GET, path, summary, handle)
    }

    pub(super) fn delete<O, F>(path: &'static str, summary: &'static str, handle: fn(Call) -> F) -> Self
    where
        O: Serialize + ToSchema + 'static,
        F: Future<Output = Result<O, WireError>> + Send + 'static,
    {
        Self::bare(Method::DELETE, path, summary, handle)
    }

    /// An operation about what the project does not have.
    pub(super) fn refused(method: Method, path: &'static str, what: &'static str) -> Self {
        let handler: Handler =
            Arc::new(move |_, _| Box::pin(std::future::ready(Err(WireError::unavailable_operation(what)))));
        Self {
            method,
            path,
            summary: what,
            access: Access::Project,
            query: &[],
            refused: true,
            request: None,
            response: None,
            handler,
        }
    }

    /// An operation about passwords that are one person's in all their organizations, which the project does
    /// not have.
    pub(super) fn cross_organization(path: &'static str, what: &'static str) -> Self {
        let handler: Handler =
            Arc::new(|_, _| Box::pin(std::future::ready(Err(Rule::CrossOrganizationPasswords.into()))));
        Self { handler, ..Self::refused(Method::POST, path, what) }
    }

    /// May be called on behalf of a member.
    pub(super) fn for_members(mut self) -> Self {
        self.access = Access::ProjectOrMember;
        self
    }

    /// May be called by everybody.
    pub(super) fn public(mut self) -> Self {
        self.access = Access::Public;
        self
    }

    pub(super) fn query(mut self, query: &'static [QueryParameter]) -> Self {
        self.query = query;
        self
    }

    pub(super) fn answer(&self, call: Call, body: Bytes) -> Answering {
        (self.handler)(call, body)
    }

    /// What stands in the places that the template names, if a path is one of these.
    pub(super) fn parameters(&self, path: &[String]) -> Option<Vec<(&'static str, String)>> {
        let mut parameters = Vec::new();
        let mut parts = path.iter();
        for segment in self.segments() {
            if segment == REST {
                return Some(parameters);
            }
            let part = parts.next()?;
            match name_in(segment) {
                Some(_) if part.is_empty() => return None,
                Some(name) => parameters.push((name, part.clone())),
                None if segment == part => {}
                None => return None,
            }
        }
        parts.next().is_none().then_some(parameters)
    }

    pub(super) fn segments(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.path.split('/').skip(1)
    }
}

impl std::fmt::Debug for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// The name in `{name}`.
pub(super) fn name_in(segment: &'static str) -> Option<&'static str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

/// Reads a body: an object; an empty one and `null` are as `{}`.
fn read<I: DeserializeOwned>(body: &[u8]) -> Result<I, WireError> {
    let Ok(text) = std::str::from_utf8(body) else {
        return Err(WireError::bad_request("the body is not UTF-8"));
    };
    let text = match text.trim_ascii() {
        "" | "null" => "{}",
        text => text,
    };
    if !text.starts_with('{') {
        return Err(WireError::bad_request("the body is no JSON object"));
    }
    serde_json::from_str(text).map_err(|error| WireError::bad_request(&unread(&error)))
}

/// Why a body can't be read, without what stands in it: that may be a password in the wrong place.
fn unread(error: &serde_json::Error) -> String {
    let said = error.to_string();
    if let Some(field) = said.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
        return format!("the field {field} is missing");
    }
    let (line, column) = (error.line(), error.column());
    let place = if line == 0 { String::new() } else { format!(" at line {line}, column {column}") };
    if error.is_data() {
        format!(
            "a field has a value of another kind than it takes{place}; see the description at openapi.json"
        )
    } else {
        format!("the body is no JSON{place}")
    }
}

/// The schema of a type by its name, first, and those that it is made of.
fn named<T: ToSchema>() -> Named {
    let mut schemas = vec![(T::name().into_owned(), <T as PartialSchema>::schema())];
    T::schemas(&mut schemas);
    schemas
}
