include "handoff";

def records: .;
def shape: "x"
def ignored: {};
def facts: {};
