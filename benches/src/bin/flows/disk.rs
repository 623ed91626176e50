//! What the disk takes by itself: a page appended to a file, and made durable.

use std::{fs::File, io::Write, path::Path, time::Instant};

/// Milliseconds of each of many.
pub fn commits(folder: &Path) -> Vec<f64> {
    let mut file = File::create(folder.join("pages")).unwrap();
    let commit = |_| {
        let began = Instant::now();
        file.write_all(&[0x5a; 4096]).unwrap();
        file.sync_data().unwrap();
        began.elapsed().as_secs_f64() * 1e3
    };
    (0..300).map(commit).collect()
}
