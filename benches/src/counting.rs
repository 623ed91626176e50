//! Counts what is allocated.
#![allow(dead_code, reason = "no program reads all of it")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
};

/// The system's allocator, counting.
pub struct Counting;

static CALLS: AtomicU64 = AtomicU64::new(0);
static ASKED: AtomicU64 = AtomicU64::new(0);
static HELD: AtomicI64 = AtomicI64::new(0);

/// What was allocated so far by all threads.
#[derive(Clone, Copy, Debug)]
pub struct Allocated {
    /// How many times.
    pub calls: u64,
    /// How many bytes were asked for.
    pub bytes: u64,
    /// How many bytes of them are held now.
    pub held: i64,
}

pub fn allocated() -> Allocated {
    Allocated { calls: CALLS.load(Relaxed), bytes: ASKED.load(Relaxed), held: HELD.load(Relaxed) }
}

fn count(bytes: usize) {
    CALLS.fetch_add(1, Relaxed);
    ASKED.fetch_add(bytes as u64, Relaxed);
    HELD.fetch_add(bytes as i64, Relaxed);
}

// SAFETY: every call is handed to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size() as i64, Relaxed);
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        HELD.fetch_sub(layout.size() as i64, Relaxed);
        count(size);
        unsafe { System.realloc(place, layout, size) }
    }
}
