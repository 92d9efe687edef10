use strict;
use warnings;
use lib 'xt/lib';
use HandoffTest;
my $server;
BEGIN { $server = HandoffTest->new }
use RT::Test tests => undef, testing => 'RT::Extension::Handoff';
use Test::Warn;

# Every way by which RT changes a state, in Perl, beside a server that answers as it is told.

my $house = $server->house;
RT->Config->Set( Handoff => $server->config );
my $ann = $house->{as}->('ann');
is_deeply [ RT::Extension::Handoff::faults() ], [], 'the configuration is in order';
is_deeply [ RT::Extension::Handoff::strangers() ], [], 'and RT knows all its names';

my $ticket = sub {
    my ( $queue, %more ) = @_;
    my $ticket = RT::Ticket->new($ann);
    my ( $id, undef, $why ) = $ticket->Create( Queue => $queue, Subject => 'test', Requestor => 'bob@example.com', %more );
    return wantarray ? ( $ticket, $why ) : $ticket;
};
my $asset = sub {
    my ( $catalog, %more ) = @_;
    my $asset = RT::Asset->new($ann);
    my ( $id, $why ) = $asset->Create( Catalog => $catalog, Name => 'thing', %more );
    return wantarray ? ( $asset, $why ) : $asset;
};
my $refused = qr/^Handoff refused "[^"]*" for (?:\w+ #\d+|the new \w+): one reason\n- it is <not> recorded\n  -> Desk or Store: record it$/;
my $calm = sub { $server->asked; RT::Extension::Handoff::begin_request() };

# Asked, and told what to do.
$server->answer('deny');
my $one = $ticket->('Governed');
ok $one->id, 'creating into a state that is not asked about needs no server';
is scalar( $server->asked ), 0, 'and asks none';
my ( $ok, $why ) = $one->SetStatus('resolved');
ok !$ok, 'SetStatus is refused';
like $why, $refused, 'with reason and remedy, and the groups that hold the role';
is $one->Status, 'new', 'nothing changed';
my ($asked) = $server->asked;
is $asked->[0], '/v1/closures', 'a closing state is a closure';
is_deeply [ @{ $asked->[1] }{qw(item to)} ], [ 'ticket:' . $one->id, 'done' ], 'in the words of the policy';
is_deeply $asked->[1]{facts}{actor}, { id => 'ann', roles => ['desk'] }, 'who acts, with the roles of their groups';

my $count = sub { RT->DatabaseHandle->dbh->selectrow_array('select total_changes()') };
my $writes = $count->();
$one->SetStatus('resolved');
is $count->(), $writes, 'a decision writes nothing at all';

( $ok, $why ) = $one->SetStatus('open');
ok $ok, 'several statuses of RT are one state: no step, no question';
$calm->();
( $ok, $why ) = $one->SetStatus('stalled');
ok !$ok, 'another state is a step';
is( ( $server->asked )[0][0], '/v1/transitions', 'and not a closure' );
( $ok, $why ) = $one->SetStatus('rejected');
like $why, qr/names no state for "rejected" here\n  -> your administrator:/, 'a status that is not configured is refused';
is scalar( $server->asked ), 0, 'without a question';
( $ok, $why ) = $one->SetStatus('nonsense');
unlike $why, qr/Handoff/, 'what RT refuses itself is not asked about';
( $ok, $why ) = $one->SetStatus( Status => 'resolved', Force => 1 );
ok !$ok, 'force forces nothing';
( $ok, $why ) = $one->Delete;
ok !$ok, 'nor does deleting';
$one->DryRun( sub { $one->SetStatus('resolved') } );
is scalar( grep { $_->[1]{to} eq 'done' } $server->asked ), 1, 'what RT only tries out is not asked about';

$one->Load( $one->id );    # RT's object still shows what was only tried out

$house->{bob}->PrincipalObj->GrantRight( Right => $_ ) for qw(ShowTicket SeeQueue);
my $bob = RT::Ticket->new( $house->{as}->('bob') );
$bob->Load( $one->id );
( $ok, $why ) = $bob->SetStatus('resolved');
unlike $why, qr/Handoff/, 'who has no right learns no reason';

# Allowed.
$server->answer('noted');
( $ok, $why ) = $one->SetStatus('stalled');
ok $ok, 'allowed';
like $why, qr/Handoff allowed it, and notes:\n- it is <not> recorded\n  -> Desk or Store: record it/, 'with what is to be known';
$server->answer('allow');
( $ok, $why ) = $one->SetStatus('resolved');
ok $ok, 'allowed without more';
unlike $why, qr/Handoff/, 'and not a word of it';
my ($last) = reverse @{ ( $server->asked )[-1][1]{facts}{tickets} };
is $last->{state}, 'waiting', 'the state that it is in';
is_deeply [ map { [ @$_{qw(from to)} ] } @{ $last->{history} } ], [ [ undef, 'open' ], [ 'open', 'waiting' ] ], 'and how it got there';

# No verdict.
for my $how ( 'garbage', 'contradiction', 'another item', 'another policy', 'overload', 'stale' ) {
    my $some = $ticket->('Governed');
    $server->answer($how);
    warning_like { ( $ok, $why ) = $some->SetStatus('resolved') } qr/^Handoff: no verdict: ticket:\d+ to `done`, request \S+, \d+ ms: /, "$how: it is logged";
    ok !$ok, "$how: nothing changes";
    like $why, qr/^Handoff gave no verdict on "resolved" for ticket #\d+: [^\n]+\n- Without a verdict nothing changes state\./, "$how: and that is said";
}
{
    RT->Config->Set( Handoff => $server->config( fail_open => 1 ) );
    for my $how ( 'overload', 'broken', 'nobody there' ) {
        RT->Config->Set( Handoff => $server->config( fail_open => 1, $how eq 'nobody there' ? ( url => 'http://127.0.0.1:1' ) : () ) );
        $server->answer($how);
        my $some = $ticket->('Governed');
        warning_like { ( $ok, $why ) = $some->SetStatus('resolved') }
            qr/^Handoff: no verdict and let through, as `fail_open` says: ticket:\d+ to `done`/, "fail_open: $how: it is logged";
        ok $ok, "fail_open: $how: and goes through";
    }
    RT->Config->Set( Handoff => $server->config( fail_open => 1 ) );
    for my $how ( 'garbage', 'contradiction', 'another item', 'another policy', 'stale', 'forbidden', 'unusable', 'moved' ) {
        $server->answer($how);
        my $some = $ticket->('Governed');
        warning_like { ( $ok, $why ) = $some->SetStatus('resolved') } qr/^Handoff: no verdict: ticket/, "fail_open: $how: it is logged";
        ok !$ok, "fail_open: $how: is no outage, and refused";
    }
    {
        no warnings 'redefine';
        local *RT::Extension::Handoff::Facts::document = sub { die "torn\n" };
        my $some = $ticket->('Governed');
        warnings_like { ( $ok, $why ) = $some->SetStatus('resolved') } [ qr/can't be told: torn/, qr/no verdict: ticket/ ], 'fail_open: facts that can\'t be told are logged';
        like $why, qr/the facts can't be told/, 'fail_open: and refused';
    }
    {
        no warnings 'redefine';
        local *RT::Extension::Handoff::_still_so = sub { return 0 };
        $server->answer('allow');
        my $some = $ticket->('Governed');
        warning_like { ( $ok, $why ) = $some->SetStatus('resolved') } qr/no verdict: ticket/, 'fail_open: a change meanwhile is logged';
        like $why, qr/changed by somebody else meanwhile/, 'fail_open: and refused';
    }
    my $other = $ticket->('Governed');
    ( $ok, $why ) = $other->SetStatus('rejected');
    ok !$ok, 'but not what is not configured';
    $server->answer('deny');
    ( $ok, $why ) = $other->SetStatus('resolved');
    ok !$ok, 'nor what was denied';
}
{
    my $some = $ticket->('Governed');
    RT->Config->Set( Handoff => $server->config( fail_opn => 1 ) );
    warnings_like { ( $ok, $why ) = $some->SetStatus('resolved') } [ qr/key `fail_opn` that is not known/, qr/no verdict/ ], 'a mistyped key is logged';
    like $why, qr/the configuration is not right/, 'and gives no verdict';
    RT->Config->Set( Handoff => $server->config );
}

# A configuration with a fault governs nobody knows what. So nothing passes, wherever it is, and whatever `fail_open` says.
{
    my ( $held, $free, $double ) = map { scalar $ticket->($_) } qw(Governed Free Free);
    my $reminder = $ticket->( 'Free', Type => 'reminder' );
    my $loose = $asset->('Loose');
    my %right = $server->config( fail_open => 1 );
    my %wrong = (
        'queue, for queues' => { %right, queue => $right{queues}, queues => undef },
        'catalog, for catalogs' => { %right, catalog => $right{catalogs}, catalogs => undef },
        'a list of queues' => { %right, queues => ['Governed'] },
        'a name for queues' => { %right, queues => 'Governed' },
        'statuses that are no list' => { %right, queues => { %{ $right{queues} }, Free => { %{ $right{queues}{Governed} }, unasked => 'new' } } },
        'a word for fail_open' => { %right, fail_open => 'no' },
        'no configuration at all' => {},
    );
    $server->answer('allow');
    $calm->();
    for my $fault ( sort keys %wrong ) {
        RT->Config->Set( Handoff => %{ $wrong{$fault} } );
        my %step = (
            'a ticket that was governed' => sub { $held->SetStatus('resolved') },
            'a ticket elsewhere' => sub { $free->SetStatus('resolved') },
            'an asset elsewhere' => sub { $loose->SetStatus('in-use') },
            'a new ticket' => sub { my ( $made, $why ) = $ticket->('Free'); return ( $made->id, $why ) },
            'a new asset' => sub { my ( $made, $why ) = $asset->('Loose'); return ( $made->id, $why ) },
            'another queue' => sub { $free->SetQueue('Other') },
            'another catalog' => sub { $loose->SetCatalog('Things') },
            'a merge' => sub { $double->MergeInto( $free->id ) },
            'another type' => sub { $free->SetType('reminder') },
        );
        for my $name ( sort keys %step ) {
            my @logged;
            {
                local $SIG{__WARN__} = sub { push @logged, @_ };
                ( $ok, $why ) = $step{$name}->();
            }
            ok !$ok, "$fault: $name: refused";
            like $why, qr/^Handoff gave no verdict on .*: the configuration is not right\n/, "$fault: $name: and why";
            ok @logged > 1 && !( grep { !/^Handoff: / } @logged ), "$fault: $name: and what is wrong is logged" or diag @logged;
        }
    }
    is scalar( $server->asked ), 0, 'nobody is asked with such a configuration';
    ok( ( $reminder->SetStatus('resolved') )[0], 'a reminder is judged by no configuration' );
    RT->Config->Set( Handoff => $server->config );
    ok( ( $free->SetStatus('resolved') )[0], 'mended, it goes on' );
}

# Named by id, what is governed may change its name.
{
    my %config = $server->config;
    my ( $queue, $catalog ) = @$house{qw(Governed Things)};
    RT->Config->Set( Handoff => %config, queues => { $queue->id => $config{queues}{Governed} }, catalogs => { $catalog->id => $config{catalogs}{Things} } );
    is_deeply [ RT::Extension::Handoff::strangers() ], [], 'RT knows queue and catalog by id';
    my ( $some, $thing ) = ( scalar $ticket->('Governed'), scalar $asset->('Things') );
    $_->SetName( $_->Name . ' no more' ) for $queue, $catalog;
    $server->answer('deny');
    for my $step ( sub { $some->SetStatus('resolved') }, sub { $thing->SetStatus('in-use') } ) {
        ( $ok, $why ) = $step->();
        ok !$ok, 'renamed, it is governed all the same';
        like $why, qr/^Handoff refused .*\n- it is <not> recorded/, 'and asked about';
    }
    $_->SetName( $_->Name =~ s/ no more$//r ) for $queue, $catalog;
    RT->Config->Set( Handoff => %config );
}

# Created where nobody has to look.
$server->answer('deny');
$calm->();
( my $none, $why ) = $ticket->( 'Governed', Status => 'resolved' );
ok !$none->id, 'creating as resolved is refused';
like $why, $refused, 'and why';
my ($creation) = $server->asked;
is $creation->[1]{facts}{tickets}[0]{state}, undef, 'asked as a creation';
is $creation->[1]{facts}{tickets}[0]{requester}, 'bob', 'with what it would hold';
( $none, $why ) = $ticket->( 'Governed', Status => 'resolved', Type => 'something' );
ok !$none->id, 'whatever its type is called';
( $none, $why ) = $asset->( 'Things', Status => 'in-use' );
ok !$none->id, 'nor an asset';
like $why, $refused, 'and why';
ok $ticket->( 'Free', Status => 'resolved' )->id, 'where nobody governs, RT decides alone';
ok $asset->( 'Loose', Status => 'in-use' )->id, 'for assets too';

# Moved.
my $mover = $ticket->('Governed');
( $ok, $why ) = $mover->SetQueue('Free');
like $why, qr/"Free" is not governed by Handoff/, 'out of what is governed';
is $mover->QueueObj->Name, 'Governed', 'it stays';
$calm->();
( $ok, $why ) = $mover->SetQueue('Other');
ok !$ok, 'to another kind';
is( ( $server->asked )[0][1]{kind}, 'offboarding', 'which is a change of kind' );
my $closed = $ticket->( 'Free', Status => 'resolved' );
( $ok, $why ) = $closed->SetQueue('Governed');
ok !$ok, 'closed elsewhere and brought in';
( $asked ) = $server->asked;
is $asked->[1]{facts}{tickets}[0]{state}, undef, 'is asked as a creation';
my $thing = $asset->('Loose');
( $ok, $why ) = $thing->SetCatalog('Things');
ok !$ok, 'for assets too';
$server->answer('allow');
( $ok, $why ) = $thing->SetCatalog('Things');
ok $ok, 'and may be allowed' or diag $why;
$server->answer('deny');
( $ok, $why ) = $thing->SetCatalog('Loose');
like $why, qr/not governed/, 'no way back';
( $ok, $why ) = $thing->SetStatus('in-use');
ok !$ok, 'an asset that is governed now';

# Merged, and made into something else.
my ( $double, $real ) = ( scalar $ticket->('Governed'), scalar $ticket->('Governed') );
$calm->();
( $ok, $why ) = $double->MergeInto( $real->id );
ok !$ok, 'a merge is refused';
( $asked ) = $server->asked;
is_deeply [ @{ $asked->[1] }{qw(item to)} ], [ 'ticket:' . $double->id, 'duplicate' ], 'as the end of the one that goes';
is_deeply [ map { $_->{related} // () } @{ $asked->[1]{facts}{tickets} } ], [ [ { relation => 'duplicate-of', ticket => $real->id } ] ], 'for the one that stays';
( $ok, $why ) = $double->SetType('reminder');
like $why, qr/a ticket stays of its type/, 'nor does it become a reminder, which nobody judges';
my $reminder = $ticket->( 'Governed', Type => 'reminder' );
$calm->();
ok( ( $reminder->SetStatus('resolved') )[0], 'reminders are not judged' );
is scalar( $server->asked ), 0, 'nor asked about';
( $ok, $why ) = $reminder->SetType('ticket');
ok !$ok, 'and never become tickets';

done_testing;
