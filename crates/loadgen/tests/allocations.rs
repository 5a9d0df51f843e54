//! Does the hot loop run without the allocator?
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{Read, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use loadgen::{Arrivals, Pool};
use support::{OK, Server, started, wait_until};

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static ANSWERS: AtomicU64 = AtomicU64::new(0);

struct Counting;

// SAFETY: every call is handed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn requests_in_steady_state_allocate_nothing() {
    let server = Server::start(|mut connection| {
        let mut buffer = [0; 1024];
        while connection
            .stream
            .read(&mut buffer)
            .is_ok_and(|count| count > 0)
        {
            connection.stream.write_all(OK).unwrap();
            ANSWERS.fetch_add(1, Ordering::Relaxed);
        }
    });
    let pool = started(&server.plan());
    pool.set_concurrency(8);
    wait_until(|| pool.ready_connections() == 8);
    expect_no_allocation(&pool);
    pool.set_rate(3000.0, Arrivals::Poisson, 64).unwrap();
    pool.poll(Duration::from_secs(2)).unwrap().unwrap();
    expect_no_allocation(&pool);
}

/// Between two edges of the grid only requests happen.
fn expect_no_allocation(pool: &Pool) {
    pool.poll(Duration::from_secs(2)).unwrap().unwrap();
    std::thread::sleep(Duration::from_millis(50));
    let (allocations, answers) = (
        ALLOCATIONS.load(Ordering::Relaxed),
        ANSWERS.load(Ordering::Relaxed),
    );
    std::thread::sleep(Duration::from_millis(700));
    assert_eq!(allocations, ALLOCATIONS.load(Ordering::Relaxed));
    assert!(ANSWERS.load(Ordering::Relaxed) > answers + 1000);
}
