fn is_default<T: Default>() {}

fn main() {
    is_default::<vestibule::MemberSession>();
}
