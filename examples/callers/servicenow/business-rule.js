// Business rule "Handoff", once each on sc_req_item, sc_task and alm_hardware: when `before`, insert and update, advanced, order 10000,
// so that it sees what the other rules made of the record.
(function executeRule(current, previous) {
  new HandoffGate().guard(current, previous);
})(current, previous);
