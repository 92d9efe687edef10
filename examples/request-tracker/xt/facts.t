use strict;
use warnings;
use lib 'xt/lib';
use HandoffTest;
my $server;
BEGIN { $server = HandoffTest->new }
use RT::Test tests => undef, testing => 'RT::Extension::Handoff';

# What is told of RT's records, and what is left unknown.

my $house = $server->house;
RT->Config->Set( Handoff => $server->config );
my $ann = $house->{as}->('ann');
my $facts = sub {
    my ( $record, %how ) = @_;
    DBIx::SearchBuilder::Record::Cachable->FlushCache;
    return RT::Extension::Handoff::Facts->new( config => RT::Extension::Handoff::config(), actor => $ann )->document( $record, %how );
};
my $only = sub { my ( $rows, $id ) = @_; my ($row) = grep { $_->{id} eq $id } @$rows; return $row };
my $sure = sub { my ( $ok, @why ) = @_; die "@why" unless $ok; return $ok };
my $device = sub {
    my (%args) = @_;
    my $asset = RT::Asset->new($ann);
    $sure->( $asset->Create( Catalog => 'Things', Name => 'thing', %args ) );
    return $asset;
};
my $field = sub { my ( $record, $name, $value ) = @_; $sure->( $record->AddCustomFieldValue( Field => $name, Value => $value ) ) };
my $process = sub {
    my ($queue, %more) = @_;
    my $ticket = RT::Ticket->new($ann);
    my ($id, undef, $why) = $ticket->Create( Queue => $queue, Subject => 'test', %more );
    die $why unless $id;
    return $ticket;
};

# An asset about which nothing is recorded.
my $bare = $device->();
my $row = $facts->($bare)->{assets}[0];
is_deeply [ sort keys %$row ], [qw(custody evidence held_by history id kind location owner serial state updated_at)], 'what is told';
is $row->{serial}, undef, 'an empty serial is known to be none';
is $row->{owner}, undef, 'and so is nobody as owner';
ok !exists $row->{attributes}, 'an empty field is no attribute: that it is not so, nobody said';
is_deeply $row->{custody}, [], 'nobody had it';

# Fields.
$field->( $bare, Serial => 'ABC-1' );
$field->( $bare, Encrypted => 'yes' );
$field->( $bare, Battery => '87.5' );
$field->( $bare, Scan => 'ABC-1' );
$row = $facts->($bare)->{assets}[0];
is $row->{serial}, 'ABC-1', 'the serial';
is_deeply $row->{custody}, [], 'the first serial is no change of identity';
is JSON::encode_json( [ $row->{attributes}{encrypted}{value} ] ), '[true]', 'a boolean is one';
is JSON::encode_json( [ $row->{attributes}{battery}{value} ] ), '[87.5]', 'a number is one';
is $row->{attributes}{encrypted}{source}, 'mdm', 'with its source';
like $row->{attributes}{encrypted}{observed_at}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, 'and when it was entered';
is_deeply [ map { [ @$_{qw(check result seen by role means)} ] } @{ $row->{evidence} } ], [ [qw(scan passed ABC-1 ann desk scanned)] ], 'a check: what was seen, by whom, in which role';
$field->( $bare, Encrypted => 'perhaps' );
$field->( $bare, Scan => 'failed: ABC-1' );
$row = $facts->($bare)->{assets}[0];
is $row->{attributes}{encrypted}{value}, 'perhaps', 'what is no boolean is not made one';
is_deeply [ map { [ @$_{qw(result seen)} ] } @{ $row->{evidence} } ], [ [qw(failed ABC-1)] ], 'a check that failed';
$field->( $bare, Serial => 'ABC-2' );
is_deeply [ map { [ @$_{qw(change from to by)} ] } @{ $facts->($bare)->{assets}[0]{custody} } ], [ [qw(identity ABC-1 ABC-2 ann)] ], 'another serial is a change of identity';

# Who had it.
my $had = $device->( Owner => 'bob', HeldBy => 'eve' );
$row = $facts->($had)->{assets}[0];
is $row->{owner}, 'person:bob', 'the owner';
is $row->{held_by}, 'eve', 'who has it at hand';
is_deeply [ map { [ @$_{qw(change from to)} ] } @{ $row->{custody} } ], [ [ 'owner', undef, 'person:bob' ], [ 'held-by', undef, 'person:eve' ] ], 'RT does not note them at the creation: the plugin does';
$sure->( $had->AddRoleMember( Type => 'Owner', User => 'eve' ) );
$sure->( $had->AddRoleMember( Type => 'Owner', PrincipalId => RT->Nobody->PrincipalId ) );
$row = $facts->($had)->{assets}[0];
ok exists $row->{owner} && !defined $row->{owner}, 'nobody';
is_deeply [ map { [ @$_{qw(from to)} ] } grep { $_->{change} eq 'owner' } @{ $row->{custody} } ],
    [ [ undef, 'person:bob' ], [ 'person:bob', 'person:eve' ], [ 'person:eve', undef ] ], 'and who had it before';
my $shelf = $device->( HeldBy => $house->{Store}->PrincipalId );
$row = $facts->($shelf)->{assets}[0];
is $row->{owner}, 'department:it', 'what a group holds is in the name of the department that it stands for';
is $row->{held_by}, undef, 'and in nobody\'s hands';
my $desk = $device->( HeldBy => $house->{Desk}->PrincipalId );
ok !exists $facts->($desk)->{assets}[0]{owner}, 'a group that stands for nothing: nobody knows whose it is';

# A leaver's ticket tells all that the person has or had, linked or not.
my $mine = $device->( Owner => 'bob', Name => 'mine' );
my $loose = RT::Asset->new($ann);
$sure->( $loose->Create( Catalog => 'Loose', Name => 'not ours', Owner => 'bob' ) );
my $other = $device->( Owner => 'eve' );
my $leaver = $process->('Other');
$field->( $leaver, Person => 'bob' );
my $document = $facts->($leaver);
is_deeply [ map { $_->{id} } @{ $document->{assets} } ], [ map { 'asset-' . $_->id } $had, $mine ], 'what he has, and what he had; not what nobody governs, nor what is others\'';
is_deeply $document->{coverage}[0]{persons}, ['bob'], 'which is claimed of him only';
is_deeply $document->{coverage}[0]{classes}, ['hardware'], 'and of the configured classes';
is $only->( $document->{tickets}, $leaver->id )->{subject}, 'bob', 'whom it is about';
$field->( $leaver, Person => 'nobody-of-this-name' );
$document = $facts->($leaver);
ok !exists $only->( $document->{tickets}, $leaver->id )->{subject}, 'a name that is nobody\'s is not known';
ok !exists $document->{coverage}[0]{persons}, 'and nothing is claimed then';
$sure->( $leaver->DeleteCustomFieldValue( Field => 'Person', Value => 'nobody-of-this-name' ) );
ok exists $only->( $facts->($leaver)->{tickets}, $leaver->id )->{subject}, 'an empty field is nobody';
RT->Config->Set( Handoff => $server->config( coverage => undef ) );
ok !exists $facts->($leaver)->{coverage}, 'nothing is claimed without being configured';
RT->Config->Set( Handoff => $server->config );

# Links, and those that were taken away.
my $joiner = $process->( 'Governed', Requestor => 'eve@example.com', RefersTo => [ $bare->URI, $loose->URI ] );
my $told = sub { $only->( $facts->($joiner)->{tickets}, $joiner->id ) };
is_deeply $told->()->{links}, [ { asset => 'asset-' . $bare->id } ], 'links to governed assets';
$sure->( $joiner->AddLink( Type => 'RefersTo', Target => $mine->URI ) );
$sure->( $joiner->DeleteLink( Type => 'RefersTo', Target => $bare->URI ) );
my ($gone) = grep { $_->{removed} } @{ $told->()->{links} };
is $gone->{asset}, 'asset-' . $bare->id, 'a link that was taken away is told';
is $gone->{removed}{by}, 'ann', 'by whom';
ok !exists $gone->{removed}{reason}, 'without a reason where none was given';
$field->( $joiner, Why => 'wrong one' );
($gone) = grep { $_->{removed} } @{ $told->()->{links} };
is $gone->{removed}{reason}, 'wrong one', 'and with it where it was';
$sure->( $joiner->AddLink( Type => 'RefersTo', Target => $bare->URI ) );
is scalar( grep { $_->{removed} } @{ $told->()->{links} } ), 0, 'one that came back is there';
is_deeply [ map { $_->{id} } @{ $facts->($bare)->{tickets} } ], [ $joiner->id ], 'an asset brings the tickets behind it';

# Approvals.
is_deeply $told->()->{approvals}, [], 'none so far';
for my $case ( [ resolved => 'approved' ], [ rejected => 'refused' ] ) {
    my $approval = RT::Ticket->new( RT->SystemUser );
    $approval->Create( Queue => '___Approvals', Type => 'approval', Status => 'open', Subject => 'may she?' );
    $sure->( $joiner->AddLink( Type => 'DependsOn', Target => $approval->id ) );
    my $hers = RT::Ticket->new($ann);
    $hers->Load( $approval->id );
    $sure->( $hers->SetStatus( $case->[0] ) );
    my @rows = grep { $_->{verdict} eq $case->[1] } @{ $told->()->{approvals} };
    is_deeply [ sort map {"$_->{by} $_->{role}"} @rows ], [ 'ann desk', 'ann manager' ], "$case->[1], in every role that she may have";
}

# Of people only what is configured, and only of those whom it is about.
is_deeply $facts->($joiner)->{people}, [ { id => 'eve' } ], 'whom it is about';
$field->( $house->{eve}, 'Last day' => '2026-09-30' );
is_deeply $facts->($joiner)->{people}, [ { id => 'eve', last_day => '2026-09-30' } ], 'and her last day';

done_testing;
