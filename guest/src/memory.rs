//! Allocation and comparison of memory, both of which the standard library does slowly for this target: a tenth of a decision's time each.
//!
//! A decision makes hundreds of short texts and lists and drops them again. Blocks of up to [`LARGEST`] bytes are kept by their size and
//! handed out again, in a few instructions each; they are cut from slabs that are never given back, so that memory is that of the peak of
//! each size.
//! All else is the standard library's.

#![allow(unsafe_code, reason = "an allocator hands out memory, and `memcmp` is called on it; nothing safe can do either")]

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;
use std::ptr;

/// Sizes are told apart by so many bytes, and blocks are aligned to them.
const STEP: usize = 8;
/// The largest block that is kept: larger ones are few, and had better serve for other sizes afterwards.
const LARGEST: usize = 256;
/// What blocks are cut from.
const SLAB: usize = 8 * 1024;

/// Blocks kept by their size, over another allocator. For one thread only.
pub(crate) struct Kept<A> {
    /// The first free block of each size; each holds where the next one is.
    free: [Cell<*mut u8>; LARGEST / STEP],
    /// What is left of the last slab, and how many bytes that is.
    rest: Cell<*mut u8>,
    left: Cell<usize>,
    large: A,
}

impl<A> Kept<A> {
    pub(crate) const fn over(large: A) -> Self {
        Self { free: [const { Cell::new(ptr::null_mut()) }; LARGEST / STEP], rest: Cell::new(ptr::null_mut()), left: Cell::new(0), large }
    }

    /// Where free blocks for a layout are; none where they are not kept. Layouts are never empty.
    #[inline]
    fn free(&self, layout: Layout) -> Option<&Cell<*mut u8>> {
        if layout.align() > STEP { None } else { self.free.get(layout.size().wrapping_sub(1) / STEP) }
    }
}

impl<A: GlobalAlloc> Kept<A> {
    /// A new block, cut from a slab. What was left of the slab before is lost.
    #[cold]
    fn cut(&self, size: usize) -> *mut u8 {
        let size = size.next_multiple_of(STEP);
        if self.left.get() < size {
            // SAFETY: neither is zero, and the alignment is a power of two.
            let slab = unsafe { self.large.alloc(Layout::from_size_align_unchecked(SLAB, STEP)) };
            if slab.is_null() {
                return slab;
            }
            self.rest.set(slab);
            self.left.set(SLAB);
        }
        let block = self.rest.get();
        // SAFETY: at least so many bytes are left of the slab, and `LARGEST` is less than a slab.
        self.rest.set(unsafe { block.add(size) });
        self.left.set(self.left.get() - size);
        block
    }
}

// SAFETY: a block is on one list at most, that of its size, and only while nobody has it: it is taken off before it is handed out, and put
// back when it is given back with the layout that it was asked for with. Blocks are as large as the largest layout of their list, and
// aligned as slabs are. Nothing here panics.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Kept<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(free) = self.free(layout) else {
            // SAFETY: as the caller promises.
            return unsafe { self.large.alloc(layout) };
        };
        let block = free.get();
        if block.is_null() {
            return self.cut(layout.size());
        }
        // SAFETY: a free block holds where the next one is.
        free.set(unsafe { block.cast::<*mut u8>().read() });
        block
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let Some(free) = self.free(layout) else {
            // SAFETY: as the caller promises.
            return unsafe { self.large.dealloc(block, layout) };
        };
        // SAFETY: it is given back, and large enough and aligned for a pointer.
        unsafe { block.cast::<*mut u8>().write(free.get()) };
        free.set(block);
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller promises that the new size is one of a layout.
        let new = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        match (self.free(layout), self.free(new)) {
            // SAFETY: as the caller promises.
            (None, None) => return unsafe { self.large.realloc(block, layout, size) },
            (Some(old), Some(new)) if ptr::eq(old, new) => return block,
            _ => {}
        }
        // SAFETY: both blocks have as many bytes as are copied, and the new one is another.
        unsafe {
            let moved = self.alloc(new);
            if !moved.is_null() {
                ptr::copy_nonoverlapping(block, moved, layout.size().min(size));
                self.dealloc(block, layout);
            }
            moved
        }
    }
}

/// Compares memory as C's `memcmp` does, eight bytes at a time.
///
/// # Safety
/// Both are readable for so many bytes.
#[inline]
pub(crate) unsafe fn compare(a: *const u8, b: *const u8, bytes: usize) -> i32 {
    let mut at = 0;
    while bytes - at >= 8 {
        // SAFETY: eight bytes more lie within both.
        let (x, y) = unsafe { (a.add(at).cast::<u64>().read_unaligned(), b.add(at).cast::<u64>().read_unaligned()) };
        if x != y {
            return first_difference(x.to_le(), y.to_le());
        }
        at += 8;
    }
    if bytes - at >= 4 {
        // SAFETY: four bytes more lie within both.
        let (x, y) = unsafe { (a.add(at).cast::<u32>().read_unaligned(), b.add(at).cast::<u32>().read_unaligned()) };
        if x != y {
            return first_difference(x.to_le().into(), y.to_le().into());
        }
        at += 4;
    }
    while at < bytes {
        // SAFETY: one byte more lies within both.
        let (x, y) = unsafe { (a.add(at).read(), b.add(at).read()) };
        if x != y {
            return i32::from(x) - i32::from(y);
        }
        at += 1;
    }
    0
}

/// The difference of the lowest bytes that differ.
fn first_difference(a: u64, b: u64) -> i32 {
    let bits = (a ^ b).trailing_zeros() & !7;
    let byte = |word: u64| i32::from((word >> bits).to_le_bytes().first().copied().unwrap_or_default());
    byte(a) - byte(b)
}

#[cfg(target_arch = "wasm32")]
mod component {
    use std::alloc::System;

    // SAFETY: the component is one thread; its target has no shared memory.
    unsafe impl Sync for super::Kept<System> {}

    #[global_allocator]
    static KEPT: super::Kept<System> = super::Kept::over(System);

    // SAFETY: it has C's signature and does what C's does; the standard library's own is there only where nobody else has one.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn memcmp(a: *const u8, b: *const u8, bytes: usize) -> i32 {
        // SAFETY: as the caller promises.
        unsafe { super::compare(a, b, bytes) }
    }
}
