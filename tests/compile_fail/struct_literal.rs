#![allow(unreachable_code)]

fn main() {
    let _ = vestibule::MemberSession { 0: panic!() };
}
