//! Nobody outside of the crate makes a member session.

/// Each of these programs must not compile.
#[test]
fn no_member_session_is_made_outside() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}

/// What leads to a session is in no outer crate's reach. This compiles as long as it is not: a public
/// item of one of these names would be ambiguous, or win over the one here.
mod out_of_reach {
    use serde::de::DeserializeOwned;
    use vestibule::MemberSession;

    struct Ours;

    mod items {
        pub(super) mod ours {
            #![allow(dead_code, reason = "named only to collide")]
            macro_rules! types {
                ($($name:ident)*) => {$(pub(in super::super) struct $name;)*};
            }
            types! { Continuation Entry Grant Opening Resumed Standing Verdict }

            pub(in super::super) fn enter() -> super::super::Ours {
                super::super::Ours
            }

            pub(in super::super) fn resume() -> super::super::Ours {
                super::super::Ours
            }
        }

        pub(super) mod both {
            #[allow(unused_imports, reason = "nothing of it is meant")]
            pub(in super::super) use {super::ours::*, vestibule::*};
        }
    }

    #[allow(dead_code, reason = "it has only to compile")]
    fn items() {
        use items::both;
        let _ = (both::Continuation, both::Entry, both::Grant, both::Opening);
        let _ = (both::Resumed, both::Standing, both::Verdict);
        let _: [Ours; 2] = [both::enter(), both::resume()];
    }

    trait Methods: Sized {
        fn raised(&self) -> Ours {
            Ours
        }
        fn record(&self) -> Ours {
            Ours
        }
        fn standing(&self) -> Ours {
            Ours
        }
        fn of() -> Ours {
            Ours
        }
    }

    impl Methods for MemberSession {}

    #[allow(dead_code, reason = "it has only to compile")]
    fn methods(session: &MemberSession) -> [Ours; 4] {
        [session.raised(), session.record(), session.standing(), MemberSession::of()]
    }

    trait AmbiguousIf<Which> {
        fn here() {}
    }
    struct Any;
    struct Reads;
    impl<T> AmbiguousIf<Any> for T {}
    impl<T: DeserializeOwned> AmbiguousIf<Reads> for T {}

    #[allow(dead_code, reason = "it has only to compile")]
    fn no_text_becomes_a_session() {
        <MemberSession as AmbiguousIf<_>>::here();
    }
}
