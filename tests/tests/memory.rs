//! The component's own allocation and comparison of memory, on this machine: nothing else runs it where its faults would be seen.

#![allow(unsafe_code, reason = "an allocator is called as the language calls it")]

#[path = "../../guest/src/memory.rs"]
mod component;

use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::BTreeMap;
use std::ops::Range;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed};

use component::{Kept, compare};

fn config() -> Config {
    Config { cases: 300, rng_algorithm: RngAlgorithm::ChaCha, rng_seed: RngSeed::Fixed(7), failure_persistence: None, ..Config::default() }
}

/// Blocks that somebody has, by where they are: each is filled with a byte of its own, and none reaches into another.
#[derive(Default)]
struct Blocks(BTreeMap<usize, (Layout, u8)>);

impl Blocks {
    fn range(at: usize, layout: Layout) -> Range<usize> {
        at..at + layout.size()
    }

    fn take(&mut self, block: *mut u8, layout: Layout, fill: u8) {
        let at = block.addr();
        assert!(!block.is_null() && at.is_multiple_of(layout.align()), "{layout:?} at {at:x}");
        let own = Self::range(at, layout);
        let overlaps =
            self.0.iter().map(|(at, (layout, _))| Self::range(*at, *layout)).find(|other| other.start < own.end && own.start < other.end);
        assert_eq!(overlaps, None, "{own:x?} is somebody's already");
        // SAFETY: so many bytes were asked for.
        unsafe { block.write_bytes(fill, layout.size()) };
        self.0.insert(at, (layout, fill));
    }

    fn give(&mut self, block: *mut u8) -> Layout {
        let (layout, fill) = self.0.remove(&block.addr()).expect("it was taken");
        for index in 0..layout.size() {
            // SAFETY: within the block.
            assert_eq!(unsafe { block.add(index).read() }, fill, "byte {index} of {layout:?}");
        }
        layout
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn blocks_are_apart_aligned_and_keep_what_is_in_them(steps in prop::collection::vec((0u8..4, any::<prop::sample::Index>(), 1usize..1200, 0u32..6), 1..400)) {
        let kept = Kept::over(System);
        let (mut blocks, mut held): (Blocks, Vec<*mut u8>) = (Blocks::default(), Vec::new());
        for (number, (step, which, size, align)) in (0u8..=255).cycle().zip(steps) {
            match step {
                0 | 1 => {
                    let layout = Layout::from_size_align(size, 1 << align).expect("a layout");
                    // SAFETY: the layout is not empty.
                    let block = unsafe { kept.alloc(layout) };
                    blocks.take(block, layout, number);
                    held.push(block);
                }
                2 if !held.is_empty() => {
                    let block = held.swap_remove(which.index(held.len()));
                    let layout = blocks.give(block);
                    // SAFETY: it was asked for with this layout.
                    unsafe { kept.dealloc(block, layout) };
                }
                3 if !held.is_empty() => {
                    let at = which.index(held.len());
                    let old = blocks.0[&held[at].addr()];
                    // SAFETY: it was asked for with this layout, and the size is none of 0.
                    let moved = unsafe { kept.realloc(held[at], old.0, size) };
                    let layout = Layout::from_size_align(size, old.0.align()).expect("a layout");
                    blocks.0.remove(&held[at].addr());
                    for index in 0..size.min(old.0.size()) {
                        // SAFETY: within the block.
                        assert_eq!(unsafe { moved.add(index).read() }, old.1, "byte {index} of {layout:?}");
                    }
                    blocks.take(moved, layout, number);
                    held[at] = moved;
                }
                _ => {}
            }
        }
        for block in held {
            let layout = blocks.give(block);
            // SAFETY: it was asked for with this layout.
            unsafe { kept.dealloc(block, layout) };
        }
    }

    #[test]
    fn memory_compares_as_slices_do(mut one in prop::collection::vec(any::<u8>(), 0..70), at in any::<prop::sample::Index>(), byte: u8, start in 0usize..8) {
        let mut other = one.clone();
        if !other.is_empty() {
            let at = at.index(other.len());
            other[at] = byte;
        }
        for list in [&mut one, &mut other] {
            // From any place: nothing may rest on how it is aligned.
            list.splice(0..0, std::iter::repeat_n(0, start));
        }
        let (a, b) = (&one[start..], &other[start..]);
        for bytes in 0..=a.len() {
            // SAFETY: both have so many bytes.
            let order = unsafe { compare(a.as_ptr(), b.as_ptr(), bytes) };
            prop_assert_eq!(order.cmp(&0), a[..bytes].cmp(&b[..bytes]), "{:?} and {:?}", &a[..bytes], &b[..bytes]);
        }
    }
}

#[test]
fn a_block_that_is_given_back_is_the_next_one_of_its_size() {
    let kept = Kept::over(System);
    let layout = |size| Layout::from_size_align(size, 8).expect("a layout");
    // SAFETY: every block is given back with a layout of its size, and used no more.
    unsafe {
        let first = kept.alloc(layout(17));
        kept.dealloc(first, layout(17));
        assert_eq!(kept.alloc(layout(24)), first, "both are blocks of 24 bytes");
        assert_ne!(kept.alloc(layout(24)), first);
    }
}
