//! Loading a component, or refusing it.

use std::path::Path;

use sha2::{Digest, Sha256};
use wasmtime::component::{Component as Compiled, Linker};

use crate::engine::engine;
use crate::error::Error;
use crate::exports::ExportsPre;
use crate::instance::Instance;
use crate::limits::Limits;

/// The world that a component must be of.
pub const WORLD: &str = "handoff:gates/plugin@0.1.0";

/// The interfaces that the world exports.
const EXPORTS: [&str; 2] = ["handoff:gates/decisions@0.1.0", "handoff:gates/types@0.1.0"];

/// The world of components that audit whole registers as well.
pub const AUDITOR: &str = "handoff:gates/auditor@0.1.0";

/// The world of components that a policy can be baked into as well.
pub const BAKEABLE: &str = "handoff:gates/bakeable@0.1.0";

/// The interface that auditors add.
const AUDITS: &str = "handoff:gates/audits@0.1.0";

/// The function that a policy is baked in with.
const BAKE: &str = "bake";

/// A component of the world [`WORLD`], compiled and ready to be started, any number of times.
#[derive(Clone)]
pub struct Component {
    exports: ExportsPre,
    limits: Limits,
}

/// What can be told of a component without running it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Inspection {
    /// The world that it is of, where it is one that this host knows.
    pub world: Option<String>,
    /// What it imports, by name. A component that imports anything is refused.
    pub imports: Vec<String>,
    /// What it exports, by name.
    pub exports: Vec<String>,
    /// Its size in bytes.
    pub size: usize,
    /// Its SHA-256, in lower-case hex.
    pub digest: String,
}

#[cfg(feature = "embedded")]
mod embedded {
    /// The component as it is committed, for hosts in other languages and for those who check its digest.
    pub static WASM: &[u8] = include_bytes!("../component/handoff.wasm");
    /// The same with the reference policy in it, compiled ahead by the build script.
    pub(super) static COMPILED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/handoff.cwasm"));
    /// The reference policy as JSON text, made by the build script.
    pub const REFERENCE_POLICY: &str = include_str!(concat!(env!("OUT_DIR"), "/reference-policy.json"));
}
#[cfg(feature = "embedded")]
pub use embedded::{REFERENCE_POLICY, WASM as EMBEDDED};

impl Component {
    /// The project's own component, which comes with this library, compiled ahead. The reference policy is its
    /// [`builtin`](Instance::builtin_policy) one; any other is [loaded](Instance::load_policy).
    ///
    /// # Errors
    /// [`Error::Engine`] where this machine can't run it.
    #[cfg(feature = "embedded")]
    pub fn embedded() -> Result<Self, Error> {
        Self::of(&embedded()?, Limits::default())
    }

    /// Compiles a component, and refuses it where it is too large, imports anything or is of another world.
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::NotAComponent`], [`Error::Imports`], [`Error::WrongWorld`], or what its start comes to.
    #[cfg(feature = "compiler")]
    pub fn from_bytes(bytes: &[u8], limits: Limits) -> Result<Self, Error> {
        Self::checked(&compile(bytes, &limits)?, limits)
    }

    /// Compiles a component that would not be refused.
    #[cfg(feature = "compiler")]
    pub(crate) fn compile(bytes: &[u8], limits: Limits) -> Result<Compiled, Error> {
        let compiled = compile(bytes, &limits)?;
        Self::checked(&compiled, limits).map(|_| compiled)
    }

    /// As [`from_bytes`](Self::from_bytes), from a file.
    ///
    /// # Errors
    /// As [`from_bytes`](Self::from_bytes), and [`Error::File`].
    #[cfg(feature = "compiler")]
    pub fn from_file(path: &Path, limits: Limits) -> Result<Self, Error> {
        let file =
            std::fs::File::open(path).map_err(|error| Error::File { path: path.display().to_string(), reason: error.to_string() })?;
        Self::from_bytes(&read(&file, path, &limits)?, limits)
    }

    /// The same component under other limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Starts the component. An instance keeps what it loaded, and runs one call at a time.
    ///
    /// # Errors
    /// [`Error::WrongWorld`], [`Error::Timeout`], [`Error::OutOfMemory`], [`Error::Trap`].
    pub fn start(&self) -> Result<Instance, Error> {
        Instance::start(&self.exports, self.limits)
    }

    pub(crate) fn checked(compiled: &Compiled, limits: Limits) -> Result<Self, Error> {
        let component = Self::of(compiled, limits)?;
        // The types of what it exports are compared when it is started.
        component.start()?;
        Ok(component)
    }

    fn of(compiled: &Compiled, limits: Limits) -> Result<Self, Error> {
        let (imports, exports) = names(compiled)?;
        if !imports.is_empty() {
            return Err(Error::Imports(imports));
        }
        if let Some(missing) = EXPORTS.iter().find(|wanted| !exports.iter().any(|name| name == *wanted)) {
            return Err(Error::WrongWorld(format!("it does not export `{missing}`")));
        }
        let wrong = |error: wasmtime::Error| Error::WrongWorld(first_cause(&error));
        let audits = exports.iter().any(|name| name == AUDITS);
        let exports = Linker::new(engine()?).instantiate_pre(compiled).and_then(|pre| ExportsPre::new(pre, audits)).map_err(wrong)?;
        Ok(Self { exports, limits })
    }
}

impl std::fmt::Debug for Component {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Component").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// Tells of any component what can be told of it, also of one that is refused, with the component or why it is refused.
///
/// # Errors
/// [`Error::TooLarge`], [`Error::NotAComponent`].
#[cfg(feature = "compiler")]
pub fn inspect(bytes: &[u8], limits: Limits) -> Result<(Inspection, Result<Component, Error>), Error> {
    let compiled = compile(bytes, &limits)?;
    Ok((Inspection::of(&compiled, bytes)?, Component::checked(&compiled, limits)))
}

/// Tells of the project's own component what can be told of it.
///
/// # Errors
/// [`Error::Engine`] where this machine can't run it.
#[cfg(feature = "embedded")]
pub fn inspect_embedded() -> Result<Inspection, Error> {
    Inspection::of(&embedded()?, embedded::WASM)
}

#[cfg(feature = "embedded")]
fn embedded() -> Result<Compiled, Error> {
    #[allow(unsafe_code, reason = "what the build script of this crate compiled, and not what came from elsewhere")]
    let compiled = unsafe { Compiled::deserialize(engine()?, embedded::COMPILED) };
    compiled.map_err(|error| Error::Engine(first_cause(&error)))
}

impl Inspection {
    #[cfg(any(feature = "compiler", feature = "embedded"))]
    fn of(compiled: &Compiled, bytes: &[u8]) -> Result<Self, Error> {
        let (imports, exports) = names(compiled)?;
        let has = |wanted: &str| exports.iter().any(|name| name == wanted);
        let known = imports.is_empty() && EXPORTS.into_iter().all(has);
        let world = match (has(AUDITS), has(BAKE)) {
            (true, true) => BAKEABLE,
            (true, false) => AUDITOR,
            (false, _) => WORLD,
        };
        Ok(Self { world: known.then(|| world.to_owned()), imports, exports, size: bytes.len(), digest: sha256(bytes) })
    }
}

/// Reads an open file, whose path is for the error, of at most the limit, so that a device or a huge file ends at it.
///
/// # Errors
/// [`Error::File`], [`Error::TooLarge`].
#[cfg(feature = "compiler")]
pub fn read(file: &std::fs::File, path: &Path, limits: &Limits) -> Result<Vec<u8>, Error> {
    use std::io::Read;

    let failed = |error: std::io::Error| Error::File { path: path.display().to_string(), reason: error.to_string() };
    let most = u64::try_from(limits.component).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > limits.component {
        return Err(Error::TooLarge { size: None, limit: limits.component });
    }
    Ok(bytes)
}

/// Refuses what is too large.
#[cfg(feature = "compiler")]
pub(crate) fn check_size(bytes: &[u8], limits: &Limits) -> Result<(), Error> {
    if bytes.len() > limits.component { Err(Error::TooLarge { size: Some(bytes.len()), limit: limits.component }) } else { Ok(()) }
}

/// The SHA-256 of bytes, in lower-case hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(feature = "compiler")]
fn compile(bytes: &[u8], limits: &Limits) -> Result<Compiled, Error> {
    check_size(bytes, limits)?;
    match bytes {
        [0, b'a', b's', b'm', 0x0d, 0, 1, 0, ..] => {}
        [0, b'a', b's', b'm', 1, 0, 0, 0, ..] => {
            return Err(Error::NotAComponent("it is a core module: components are made from one".to_owned()));
        }
        [0, b'a', b's', b'm', ..] => return Err(Error::NotAComponent("it is of another version of the format".to_owned())),
        _ => return Err(Error::NotAComponent("it does not begin as WebAssembly does".to_owned())),
    }
    Compiled::from_binary(engine()?, bytes).map_err(|error| Error::NotAComponent(first_cause(&error)))
}

/// The names of what a component imports and exports.
fn names(compiled: &Compiled) -> Result<(Vec<String>, Vec<String>), Error> {
    let component = compiled.component_type();
    let engine = engine()?;
    let imports = component.imports(engine).map(|(name, _)| name.to_owned()).collect();
    let exports = component.exports(engine).map(|(name, _)| name.to_owned()).collect();
    Ok((imports, exports))
}

/// The innermost reason, in one line.
pub(crate) fn first_cause(error: &wasmtime::Error) -> String {
    error.root_cause().to_string().split('\n').next().unwrap_or_default().to_owned()
}
