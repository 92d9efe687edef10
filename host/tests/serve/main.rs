//! The server as its callers meet it: a process of its own, asked over sockets, with whatever goes wrong on the way.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::string_slice, reason = "a test stops where it fails")]

mod hooks;
mod log;
mod requests;
mod server;
