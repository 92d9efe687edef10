/*
 * Script include `HandoffGate`: asks Handoff before a record is written, and aborts unless the answer is an allow. ES5, as Rhino has it.
 *
 * System properties: `handoff.url` (https://handoff.example.org), `handoff.token` (of type password2), and, where Handoff is reached
 * through a MID server, `handoff.mid_server`.
 */
var HandoffGate = Class.create();
HandoffGate.prototype = {
  // What is sent of each table: what the mapping reads, and nothing else of the record.
  FIELDS: {
    sc_req_item: ['sys_id', 'sys_class_name', 'number', 'cat_item', 'state', 'approval', 'requested_for', 'opened_by', 'assigned_to', 'opened_at',
      'due_date', 'cmdb_ci', 'configuration_item', 'request', 'sys_updated_on', 'sys_mod_count'],
    sc_task: ['sys_id', 'sys_class_name', 'number', 'request_item', 'state', 'due_date', 'closed_by', 'closed_at'],
    alm_hardware: ['sys_id', 'sys_class_name', 'asset_tag', 'serial_number', 'install_status', 'substatus', 'assigned_to', 'location', 'stockroom',
      'model', 'model_category', 'ci', 'cost', 'po_number', 'sys_updated_on', 'sys_mod_count'],
    sys_user: ['sys_id', 'user_name', 'name', 'email', 'employee_number', 'department', 'manager', 'location', 'active']
  },

  // The fields that say where a record stands, and by which of the policy's workflows: its kind. Others may change without a question.
  STATE: {sc_req_item: ['state', 'cat_item'], sc_task: ['state'], alm_hardware: ['install_status', 'substatus', 'model_category']},

  // The states of a task in which it is over: closed complete, closed incomplete, skipped.
  ENDED: {'3': true, '4': true, '7': true},

  // Roles of ServiceNow, and the roles of the policy that they stand for.
  ROLES: {itil: 'service-desk', asset: 'asset-manager'},

  // More records than these belong to no person and no ticket: a query that went wrong must not be judged as if it were whole.
  MOST: 200,

  TIMEOUT: 8000,

  initialize: function() {},

  /* The whole of a business rule: `new HandoffGate().guard(current, previous)`. */
  guard: function(current, previous) {
    var refusal;
    try {
      refusal = this.refusal(current, current.operation() == 'insert' ? null : previous);
    } catch (error) {
      // Whatever went wrong, there is no verdict, and without one nothing is written.
      refusal = ['Handoff gave no verdict, so this was not saved: ' + (error.message || error)];
      gs.error('HandoffGate: ' + (error.message || error));
    }
    if (!refusal) return;
    for (var i = 0; i < refusal.length; i++) gs.addErrorMessage(GlideStringUtil.escapeHTML(refusal[i]));
    current.setAbortAction(true);
  },

  /* Why the record must not be written, as lines for people; null where it may. */
  refusal: function(current, previous) {
    var table = current.getTableName();
    if (!this._moved(table, current, previous)) return null;
    var question = table == 'sc_task' ? this._task(current) : this._change(table, current, previous);
    if (!question) return null;
    var answer = this._ask(question);
    return question.detail && this._asksNothing(answer) ? null : this._lines(answer);
  },

  _moved: function(table, current, previous) {
    var fields = this.STATE[table];
    if (!fields) throw new Error('there is no question for the table ' + table);
    for (var i = 0; i < fields.length; i++)
      if (!previous || this._value(current, fields[i]) !== this._value(previous, fields[i])) return true;
    return false;
  },

  /* A record that enters another state: how it was, how it will be, and all that belongs to it. */
  _change: function(table, current, previous) {
    var around = table == 'sc_req_item' ? this._ofItem(current) : this._ofHardware(current);
    return {
      query: '',
      detail: table == 'alm_hardware' && previous && this._isDetail(current, previous),
      body: {
        // Of what is being made there was nothing; it is the first record of `after`.
        before: previous ? {result: [this._plain(previous)].concat(around)} : null,
        after: {result: [this._plain(current)].concat(around)}
      }
    };
  },

  /* Whether a change may say nothing: that of a substatus alone, which may or may not be another state of the policy. The tag is
     the id of the thing: with another one nobody may know it again. And another category that says nothing is one that no table has. */
  _isDetail: function(current, previous) {
    var fields = ['install_status', 'asset_tag', 'model_category'];
    for (var i = 0; i < fields.length; i++) if (this._value(current, fields[i]) !== this._value(previous, fields[i])) return false;
    return true;
  },

  /* The last open task of an item ends its work: then the item itself has to be ready to close. */
  _task: function(current) {
    if (!this.ENDED[this._value(current, 'state')]) return null;
    var item = this._one('sc_req_item', current.getValue('request_item'));
    if (!item) return null;
    var tasks = this._rows('sc_task', 'request_item', this._value(item, 'sys_id')), own = current.getUniqueValue(), records = [this._plain(current)];
    for (var i = 0; i < tasks.length; i++) {
      if (tasks[i].sys_id.value === own) continue;
      if (!this.ENDED[tasks[i].state.value]) return null;
      records.push(tasks[i]);
    }
    var around = this._ofItem(item, true);
    return {
      query: '&ask=closure&item=' + encodeURIComponent('ticket:' + this._value(item, 'number')),
      body: {result: [this._plain(item)].concat(around, records)}
    };
  },

  /* What a requested item is about: the device that it names, what the person has, the person, and the work. */
  _ofItem: function(item, withoutTasks) {
    var person = this._value(item, 'requested_for');
    return this._each('alm_hardware', [
      this._rows('alm_hardware', 'ci', this._value(item, 'cmdb_ci')), this._rows('alm_hardware', 'ci', this._value(item, 'configuration_item')),
      this._rows('alm_hardware', 'assigned_to', person)
    ]).concat(
      this._rows('sys_user', 'sys_id', person),
      withoutTasks ? [] : this._rows('sc_task', 'request_item', this._value(item, 'sys_id'))
    );
  },

  /* What a device is about: who gets it, and the open items that ask for it. */
  _ofHardware: function(device) {
    var items = this._rows('sc_req_item', 'cmdb_ci', this._value(device, 'ci'), true), tasks = [];
    for (var i = 0; i < items.length; i++) tasks = tasks.concat(this._rows('sc_task', 'request_item', items[i].sys_id.value));
    return this._rows('sys_user', 'sys_id', this._value(device, 'assigned_to')).concat(items, tasks);
  },

  /* Records of a table by one field; none where there is nothing to look for. */
  _rows: function(table, field, value, active) {
    var rows = [];
    if (!value) return rows;
    var record = new GlideRecord(table);
    record.addQuery(field, value);
    if (active) record.addQuery('active', true);
    record.setLimit(this.MOST + 1);
    record.query();
    while (record.next()) rows.push(this._plain(record));
    if (rows.length > this.MOST) throw new Error('more than ' + this.MOST + ' records of ' + table + ' by ' + field);
    return rows;
  },

  _one: function(table, id) {
    if (!id) return null;
    var record = new GlideRecord(table);
    return record.get(id) ? record : null;
  },

  /* Lists of records as one, each record once. */
  _each: function(table, lists) {
    var all = [], seen = {};
    for (var i = 0; i < lists.length; i++)
      for (var j = 0; j < lists[i].length; j++) {
        var id = lists[i][j].sys_id.value;
        if (!seen[id]) all.push(lists[i][j]);
        seen[id] = true;
      }
    return all;
  },

  /* A record as the Table API gives it with `sysparm_display_value=all`. */
  _plain: function(record) {
    // A field is its value and what people read: of a time the one is UTC, of a reference the other is a name.
    var plain = {}, fields = this.FIELDS[record.getTableName()];
    for (var i = 0; i < fields.length; i++) {
      if (!record.isValidField(fields[i])) continue;
      var value = this._value(record, fields[i]);
      // The database has booleans as 0 and 1, the Table API as words.
      if (fields[i] == 'active') value = value === '1' || value === 'true' ? 'true' : 'false';
      plain[fields[i]] = {display_value: String(record.getElement(fields[i]).getDisplayValue() || ''), value: value};
    }
    return plain;
  },

  _value: function(record, field) {
    var value = record.getValue(field);
    return value === null || value === undefined ? '' : String(value);
  },

  _ask: function(question) {
    var request = new sn_ws.RESTMessageV2(), midServer = gs.getProperty('handoff.mid_server');
    request.setHttpMethod('post');
    request.setEndpoint(gs.getProperty('handoff.url') + '/v1/hooks/servicenow?' + this._actor() + question.query);
    request.setRequestHeader('Authorization', 'Bearer ' + gs.getProperty('handoff.token'));
    request.setRequestHeader('Content-Type', 'application/json');
    request.setHttpTimeout(this.TIMEOUT);
    if (midServer) request.setMIDServer(midServer);
    request.setRequestBody(JSON.stringify(question.body));
    var response = request.execute();
    if (response.haveError() && !response.getBody()) throw new Error(response.getErrorMessage());
    return {status: Number(response.getStatusCode()), body: response.getBody()};
  },

  /* Who acts. What runs as `system` has every role of ServiceNow and no name: it gets none of the policy's. */
  _actor: function() {
    var query = 'actor=' + encodeURIComponent(gs.getUserID());
    if (gs.getUserName() == 'system') return query;
    for (var role in this.ROLES) if (gs.hasRole(role)) query += '&role=' + encodeURIComponent(this.ROLES[role]);
    return query;
  },

  /* Whether nothing in the message is another state by the tables. A state that no table knows is another problem, and refused. */
  _asksNothing: function(answer) {
    return answer.status === 422 && JSON.parse(answer.body).type === 'urn:handoff:problem:nothing-asked';
  },

  /* An answer as lines for people; null where it is an allow. Nothing but a 200 with `"decision": "allow"` is one. */
  _lines: function(answer) {
    var told;
    try {
      told = JSON.parse(answer.body);
    } catch (error) {
      throw new Error('status ' + answer.status + ', and no JSON');
    }
    if (answer.status !== 200 || !told) throw new Error('status ' + answer.status + (told && told.detail ? ', ' + told.detail : ''));
    var decisions = told.decisions || [told], lines = ['Handoff does not allow this:'], allowed = 0;
    for (var n = 0; n < decisions.length; n++) {
      if (decisions[n].decision === 'allow') allowed++;
      else if (decisions[n].decision !== 'deny') throw new Error('the answer has no decision');
    }
    if (decisions.length > 0 && allowed === decisions.length) return null;
    for (var i = 0; i < decisions.length; i++)
      for (var j = 0; j < decisions[i].findings.length; j++) {
        var finding = decisions[i].findings[j];
        if (finding.severity === 'audit') continue;
        lines.push((finding.item ? finding.item + ': ' : '') + finding.message + (finding.remedy ? ' - ' + finding.remedy : '') +
          (finding.responsible && finding.responsible.length ? ' (' + finding.responsible.join(' or ') + ')' : ''));
      }
    return lines;
  },

  type: 'HandoffGate'
};
