fn comes_from<T: From<vestibule::domain::SessionRecord>>() {}

fn main() {
    comes_from::<vestibule::MemberSession>();
}
