fn main() {
    let _ = vestibule::judge::resume;
}
