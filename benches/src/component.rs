//! The component's doors: text through the project's own host library, typed through bindings of our own, and what the boundary costs by
//! itself.

use wasmtime::component::{Component, Linker, TypedFunc};
use wasmtime::{Engine, Store};

#[path = "../../host/src/engine_config.rs"]
mod engine_config;

#[allow(clippy::all, reason = "generated")]
mod bindings {
    wasmtime::component::bindgen!({ path: "../wit", world: "plugin" });
}

use bindings::Plugin;
pub use bindings::exports::handoff::gates::types;

fn engine() -> Engine {
    let mut config = engine_config::engine_config();
    config.target(env!("HANDOFF_TARGET")).expect("this machine is a target");
    Engine::new(&config).expect("the engine starts")
}

fn store(engine: &Engine) -> Store<()> {
    let mut store = Store::new(engine, ());
    store.set_epoch_deadline(1);
    store
}

/// The typed door.
pub struct Typed {
    store: Store<()>,
    plugin: Plugin,
    policy: wasmtime::component::ResourceAny,
    facts: wasmtime::component::ResourceAny,
    context: types::Context,
    questions: Vec<types::Question>,
}

impl Typed {
    pub fn start(policy: &str, facts: &serde_json::Value, item: &str) -> Self {
        let engine = engine();
        let mut store = store(&engine);
        let component = Component::from_binary(&engine, handoff::EMBEDDED).expect("the component is compiled");
        let plugin = Plugin::instantiate(&mut store, &component, &Linker::new(&engine)).expect("the component starts");
        let decisions = plugin.handoff_gates_decisions();
        let policy = decisions.policy().call_load(&mut store, policy).expect("a call").expect("the policy loads");
        let actor = &facts["actor"];
        let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
        let context = types::Context {
            at: handoff_core::Time::parse(&text(&facts["at"])).expect("a time").ms(),
            actor: Some(types::Actor {
                id: text(&actor["id"]),
                roles: actor["roles"].as_array().expect("a list").iter().map(text).collect(),
                automation: false,
                on_behalf_of: None,
            }),
        };
        let facts = decisions.facts().call_parse(&mut store, &facts.to_string()).expect("a call").expect("the facts are read");
        let step = types::Step::Transition("secured".to_owned());
        let questions = vec![types::Question { item: types::Item::Asset(item.to_owned()), step, ticket: None }];
        Self { store, plugin, policy, facts, context, questions }
    }

    pub fn decide(&mut self) -> Vec<types::Decision> {
        let Self { store, plugin, policy, facts, context, questions } = self;
        plugin.handoff_gates_decisions().call_decide(store, *policy, *facts, context, questions).expect("a call")
    }
}

/// A component that does nothing: what is left is the boundary's own.
pub struct Nothing<'a> {
    store: Store<()>,
    call: TypedFunc<(), ()>,
    take: TypedFunc<(&'a str,), ()>,
}

impl<'a> Nothing<'a> {
    pub fn start() -> Self {
        const COMPONENT: &str = r#"(component
            (core module $m
                (memory (export "memory") 2)
                (func (export "call"))
                (func (export "take") (param i32 i32))
                (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
            (core instance $i (instantiate $m))
            (func (export "call") (canon lift (core func $i "call")))
            (func (export "take") (param "text" string)
                (canon lift (core func $i "take") (memory $i "memory") (realloc (func $i "realloc")))))"#;
        let engine = engine();
        let mut store = store(&engine);
        let component = Component::new(&engine, wat::parse_str(COMPONENT).expect("it is a component")).expect("the component is compiled");
        let instance = Linker::new(&engine).instantiate(&mut store, &component).expect("the component starts");
        let call = instance.get_typed_func(&mut store, "call").expect("it exports `call`");
        let take = instance.get_typed_func(&mut store, "take").expect("it exports `take`");
        Self { store, call, take }
    }

    pub fn call(&mut self) {
        self.call.call(&mut self.store, ()).expect("a call");
    }

    pub fn take(&mut self, text: &'a str) {
        self.take.call(&mut self.store, (text,)).expect("a call");
    }
}
