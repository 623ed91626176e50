fn main() {
    let _make = vestibule::MemberSession;
}
