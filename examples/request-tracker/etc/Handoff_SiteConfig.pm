# Handoff, for RT_SiteConfig.pm or a file of RT_SiteConfig.d. It fits etc/seed and policy.yaml; README.md explains every key.

Plugin('RT::Extension::Handoff');

# The statuses of a laptop or phone. RT lets everything pass here: which step is in order is the policy's business.
Set(%Lifecycles,
    devices => {
        type     => 'asset',
        initial  => ['in stock'],
        active   => [ 'configured', 'secured', 'delivered', 'returned' ],
        inactive => ['retired'],
        defaults => { on_create => 'in stock' },
        transitions => {
            ''         => [ 'in stock', 'delivered' ],
            'in stock' => [ 'configured', 'secured', 'delivered', 'retired' ],
            configured => [ 'secured', 'delivered', 'in stock' ],
            secured    => [ 'delivered', 'configured' ],
            delivered  => [ 'returned', 'in stock', 'retired' ],
            returned   => [ 'in stock', 'retired' ],
            retired    => ['in stock'],
        },
        rights  => { '* -> *' => 'ModifyAsset' },
        actions => {
            'secured -> delivered'  => { label => 'Hand over' },
            'delivered -> returned' => { label => 'Take back' },
        },
    },
);

my %device = (
    states => {
        'in stock' => 'received',
        configured => 'configured',
        secured    => 'secured',
        delivered  => 'delivered',
        returned   => 'returned',
        retired    => 'retired',
    },
    serial     => 'Serial number',
    attributes => {
        encrypted => { field => 'Disk encrypted', type => 'boolean' },
        managed   => { field => 'Device management', type => 'boolean' },
    },
    evidence => {
        'handover-scan' => { field => 'Handover scan', means => 'scanned' },
        'return-scan'   => { field => 'Return scan',   means => 'scanned' },
    },
);

my %process = (
    # Three statuses of RT are one state here: working on a ticket decides nothing.
    states  => { new => 'open', open => 'open', stalled => 'open', resolved => 'completed', rejected => 'cancelled', deleted => 'cancelled' },
    closing => [ 'completed', 'cancelled', 'duplicate' ],
    unasked => ['new'],
    merged  => 'duplicate',
    subject => { field => 'Person' },
    unlinked_because => 'Unlinked because',
);

Set(%Handoff,
    url        => 'http://127.0.0.1:8642',
    token_file => '/etc/request-tracker5/handoff.token',
    timeout    => 5,
    fail_open  => 0,
    policy     => 'request-tracker',
    roles      => { 'Service desk' => 'desk', Workshop => 'workshop', 'Human resources' => 'hr', 'IT leads' => 'lead' },
    people     => { manager => 'Manager', first_day => 'First day', last_day => 'Last day' },
    catalogs   => {
        Laptops => { kind => 'laptop', %device },
        Phones  => { kind => 'phone',  %device },
    },
    queues => {
        Onboarding  => { kind => 'onboarding', %process, approvals => { manager => 'manager' } },
        Offboarding => { kind => 'offboarding', %process },
    },

    # Laptops and Phones hold all hardware of this house, and no exceptions are granted anywhere.
    coverage => { classes => ['hardware'], no_exceptions => 1 },
);

1;
