//! Components that were compiled ahead: native code, with a line before it that says what it was made of and by whom.

use serde::{Deserialize, Serialize};
use wasmtime::component::Component as Compiled;

use crate::component::{Component, first_cause, sha256};
use crate::engine::engine;
use crate::error::Error;
use crate::limits::Limits;

/// How a compiled component begins; no component does.
const MAGIC: &[u8] = b"handoff-compiled\n";

/// What a compiled component was made of, and by whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The version of this library that compiled it. No other loads it.
    pub handoff: String,
    /// The machine that it was compiled for.
    pub target: String,
    /// The SHA-256 of the component, in lower-case hex.
    pub component: String,
    /// The SHA-256 of the component's digest and the native code, in lower-case hex. It finds accidents; whoever can change the one can
    /// change the other.
    pub code: String,
}

impl Origin {
    /// Reads what stands before the code; none where these bytes are no compiled component at all.
    ///
    /// # Errors
    /// [`Error::Compiled`] where it is cut off or garbled, with the reason.
    pub fn read(bytes: &[u8]) -> Result<Option<(Self, &[u8])>, Error> {
        let Some(rest) = bytes.strip_prefix(MAGIC) else { return Ok(None) };
        let line = rest.iter().position(|byte| *byte == b'\n');
        let parts = line.and_then(|line| rest.split_at_checked(line));
        let read = parts.and_then(|(head, code)| Some((serde_json::from_slice(head).ok()?, code.get(1..)?)));
        read.map(Some).ok_or_else(|| Error::Compiled("its first lines are garbled".to_owned()))
    }
}

/// The digest that binds native code to the component that it was made of.
fn seal(component: &str, code: &[u8]) -> String {
    sha256(&[component.as_bytes(), code].concat())
}

/// Compiles a component ahead for machines of this kind. It is compiled as [`Component::from_bytes`] does, and refused for the same reasons.
///
/// # Errors
/// As [`Component::from_bytes`].
#[cfg(feature = "compiler")]
pub fn compile(bytes: &[u8], limits: Limits) -> Result<Vec<u8>, Error> {
    let compiled = Component::compile(bytes, limits)?;
    let code = compiled.serialize().map_err(|error| Error::Engine(first_cause(&error)))?;
    let component = sha256(bytes);
    let origin = Origin {
        handoff: env!("CARGO_PKG_VERSION").to_owned(),
        target: env!("HANDOFF_TARGET").to_owned(),
        code: seal(&component, &code),
        component,
    };
    let head = serde_json::to_vec(&origin).map_err(|error| Error::Engine(error.to_string()))?;
    Ok([MAGIC, &head, b"\n", &code].concat())
}

impl Component {
    /// Loads a component that [`compile`] made. It is bound to the version of this library, the engine, the kind of machine, and the
    /// component's digest, which [`Origin::read`] tells; anything else is refused with the reason.
    ///
    /// # Safety
    /// It is native code, and runs with the rights of this process once a call enters it. The caller vouches that `compile` made it, and
    /// that nobody else could change it since, as for a program that is started. [`from_bytes`](Self::from_bytes) needs no such trust.
    ///
    /// # Errors
    /// [`Error::Compiled`] with the reason, or why the component is refused.
    #[allow(unsafe_code, reason = "the caller vouches for the code; a digest of it could be changed along with it")]
    pub unsafe fn from_compiled(bytes: &[u8], limits: Limits) -> Result<Self, Error> {
        let refused = |reason: String| Error::Compiled(reason);
        let Some((origin, code)) = Origin::read(bytes)? else { return Err(refused("nothing says what it was made of".to_owned())) };
        let Origin { handoff, target, component, code: digest } = origin;
        if handoff != env!("CARGO_PKG_VERSION") {
            return Err(refused(format!("it was compiled by version {handoff}, and this is {}", env!("CARGO_PKG_VERSION"))));
        }
        if target != env!("HANDOFF_TARGET") {
            return Err(refused(format!("it was compiled for {target}, and this is {}", env!("HANDOFF_TARGET"))));
        }
        if seal(&component, code) != digest {
            return Err(refused("it was changed or cut off after it was compiled".to_owned()));
        }
        // SAFETY: the caller vouches for it.
        let compiled = unsafe { Compiled::deserialize(engine()?, code) };
        Self::checked(&compiled.map_err(|error| refused(first_cause(&error)))?, limits)
    }
}
