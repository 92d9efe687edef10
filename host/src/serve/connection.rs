//! Connections: taken as long as there is room, given up where a client is slow, and ended in order.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use hyper::body::{Bytes, Frame, SizeHint};
use hyper::rt::{self, ReadBufCursor};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::Sleep;

use super::{Phase, Server, route};

/// How long nothing is accepted where the machine has no room for another connection.
const NO_ROOM: Duration = Duration::from_millis(50);

/// Takes connections until the server drains; then takes those that are there already, and no more.
pub(super) async fn accept(listener: TcpListener, server: Arc<Server>, slots: Arc<Semaphore>) {
    let mut phase = server.phase.subscribe();
    let mut draining = pin!(async move {
        // A server that is gone drains as well.
        let _ = phase.wait_for(|phase| *phase == Phase::Draining).await;
    });
    let mut over = false;
    loop {
        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { return };
        let next = poll_fn(|context| {
            over = over || draining.as_mut().poll(context).is_ready();
            match listener.poll_accept(context) {
                Poll::Ready(accepted) => Poll::Ready(Some(accepted)),
                Poll::Pending if over => Poll::Ready(None),
                Poll::Pending => Poll::Pending,
            }
        });
        match next.await {
            None => return,
            Some(Ok((stream, _))) => {
                // Answers are written in one go; where that can't be set, they are late and not wrong.
                let _ = stream.set_nodelay(true);
                tokio::spawn(serve(stream, Arc::clone(&server), slot));
            }
            Some(Err(_)) => tokio::time::sleep(NO_ROOM).await,
        }
    }
}

/// Answers the requests of one connection.
async fn serve(stream: TcpStream, server: Arc<Server>, slot: OwnedSemaphorePermit) {
    let patience = server.settings.patience;
    let mut phase = server.phase.subscribe();
    let mut draining = pin!(async move {
        // A server that is gone drains as well.
        let _ = phase.wait_for(|phase| *phase == Phase::Draining).await;
    });
    let service = service_fn(|request| route::answer(Arc::clone(&server), request));
    let connection = http1::Builder::new()
        .timer(Timer)
        .header_read_timeout(patience)
        .max_buf_size(64 << 10)
        .serve_connection(Stream { stream, patience, stuck: None }, service);
    let mut connection = pin!(connection);
    let mut told = false;
    // How a connection ends is nobody's business but the client's: it has its answers, or is gone.
    let _ = poll_fn(|context| {
        if !told && draining.as_mut().poll(context).is_ready() {
            told = true;
            connection.as_mut().graceful_shutdown();
        }
        connection.as_mut().poll(context)
    })
    .await;
    drop(slot);
}

/// A socket whose other end has to take what is written to it.
struct Stream {
    stream: TcpStream,
    patience: Duration,
    /// Runs out where nothing could be written for too long.
    stuck: Option<Pin<Box<Sleep>>>,
}

impl Stream {
    fn in_time<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stuck = None;
            return written;
        }
        let patience = self.patience;
        let stuck = self.stuck.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        ready!(stuck.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl rt::Read for Stream {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, mut to: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let mut buffer = [0; 8 << 10];
        let room = to.remaining().min(buffer.len());
        let mut read = ReadBuf::new(buffer.get_mut(..room).unwrap_or_default());
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut read))?;
        to.put_slice(read.filled());
        Poll::Ready(Ok(()))
    }
}

impl rt::Write for Stream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.in_time(context, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.in_time(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, context: &mut Context<'_>, parts: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.in_time(context, written)
    }
}

/// The clock of connections.
#[derive(Clone, Copy, Debug)]
struct Timer;

impl rt::Timer for Timer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn rt::Sleep>> {
        Box::pin(Slept(Box::pin(tokio::time::sleep(duration))))
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn rt::Sleep>> {
        Box::pin(Slept(Box::pin(tokio::time::sleep_until(deadline.into()))))
    }
}

struct Slept(Pin<Box<Sleep>>);

impl Future for Slept {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.0.as_mut().poll(context)
    }
}

impl rt::Sleep for Slept {}

/// The body of an answer.
#[derive(Debug)]
pub(super) enum Body {
    /// A text that is there.
    Whole(Option<Bytes>),
    /// Lines that come bit by bit.
    Lines(mpsc::Receiver<Bytes>),
}

impl Body {
    pub fn text(text: String) -> Self {
        Self::Whole(Some(text.into()))
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let next = match &mut *self {
            Self::Whole(text) => text.take(),
            Self::Lines(lines) => ready!(lines.poll_recv(context)),
        };
        Poll::Ready(next.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(text) => SizeHint::with_exact(text.as_ref().map_or(0, |text| u64::try_from(text.len()).unwrap_or(u64::MAX))),
            Self::Lines(_) => SizeHint::new(),
        }
    }
}
