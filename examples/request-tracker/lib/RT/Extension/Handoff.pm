package RT::Extension::Handoff;

# Asks `handoff serve` before a ticket or an asset enters a state. The places are those through which RT itself goes: whatever
# changes a state, from a page, REST or a script, passes one of them. README.md tells what each of them asks.

use strict;
use warnings;

our $VERSION = '1.0.0';

use RT::Ticket;
use RT::Asset;
use RT::Extension::Handoff::Ask;
use RT::Extension::Handoff::Facts;
use RT::Extension::Handoff::Tell;
use Time::Local ();

$RT::Config::META{Handoff} = { Type => 'HASH' };
RT->AddStyleSheets('handoff.css') if RT->can('AddStyleSheets');

# What was refused in the request that is under way: REST needs another status for it than RT gives.
our @REFUSED;

# What an allow had to note, by item, until the message of the change takes it along.
my %NOTES;

sub begin_request { @REFUSED = (); %NOTES = () }

sub config { return scalar( RT->Config->Get('Handoff') ) || {} }

# ---------------------------------------------------------------------------------------------------------------- configuration

my %KNOWN = (
    '' => [qw(url token_file token_env timeout fail_open policy roles departments people catalogs queues coverage)],
    catalogs => [qw(kind states unasked serial tag number login product location attributes evidence)],
    queues   => [qw(kind states unasked closing merged subject destination approvals unlinked_because attributes evidence)],
    coverage => [qw(classes no_exceptions)],
    attributes => [qw(field type source)],
    evidence   => [qw(field means)],
    subject    => [qw(field role)],
    approvals  => [qw(manager)],
);
my %PEOPLE = map { $_ => 1 } qw(profile department manager location remote status first_day last_day utc_offset);

# What is wrong with the configuration, whatever RT holds.
sub faults {
    my $config = shift || config();
    my @faults;
    my $keys = sub {
        my ( $where, $of, $hash ) = @_;
        if ( ref $hash ne 'HASH' ) { push @faults, "$where has to be a hash"; return }
        my %known = map { $_ => 1 } @{ $KNOWN{$of} };
        push @faults, map {"$where has a key `$_` that is not known"} grep { !$known{$_} } sort keys %$hash;
    };

    # What is there has to be what is looked into below, or Perl ends instead of telling.
    my $hash = sub {
        my ( $where, $value ) = @_;
        return $value || {} if !$value || ref $value eq 'HASH';
        push @faults, "$where has to be a hash";
        return {};
    };
    $keys->( 'Handoff', '', $config );
    push @faults, 'Handoff has no `url` that begins with http:// or https://' unless ( $config->{url} // '' ) =~ m{^https?://[^/:\s]}i;
    push @faults, '`fail_open` has to be 0 or 1' unless ( $config->{fail_open} || 0 ) =~ /^[01]$/;    # a word such as `no` is true to Perl
    push @faults, '`timeout` has to be seconds, from 1 to 60'
        if defined $config->{timeout} && $config->{timeout} !~ /^(?:[1-9]|[1-5]\d|60)(?:\.\d+)?$/;
    $keys->( 'coverage', 'coverage', $config->{coverage} ) if $config->{coverage};
    push @faults, map {"people: `$_` is nothing that is told of people"} grep { !$PEOPLE{$_} } sort keys %{ $hash->( 'people', $config->{people} ) };
    $hash->( $_, $config->{$_} ) for qw(roles departments);
    for my $sort (qw(catalogs queues)) {
        for my $name ( sort keys %{ $hash->( $sort, $config->{$sort} ) } ) {
            my $part = $config->{$sort}{$name};
            $keys->( "$sort: $name", $sort, $part );
            next unless ref $part eq 'HASH';
            push @faults, "$sort: $name has no `kind`" unless $part->{kind};
            push @faults, "$sort: $name has no `states`" unless ref $part->{states} eq 'HASH' && %{ $part->{states} };
            push @faults, "queues: $name has no `closing`: the states of the policy that end a ticket"
                if $sort eq 'queues' && ref $part->{closing} ne 'ARRAY';
            push @faults, "$sort: $name: `unasked` has to be a list" if $part->{unasked} && ref $part->{unasked} ne 'ARRAY';
            for my $group (qw(attributes evidence)) {
                my $fields = $hash->( "$sort: $name: $group", $part->{$group} );
                $keys->( "$sort: $name: $group: $_", $group, $fields->{$_} ) for sort keys %$fields;
            }
            $keys->( "$sort: $name: $_", $_, $part->{$_} ) for grep { $part->{$_} } qw(subject approvals);
        }
    }
    return @faults;
}

# Names in the configuration that RT does not know. A mistyped queue would be one that nobody governs, so this is told at every start.
sub strangers {
    my $config = config();
    my @strangers;
    for my $sort ( [ queues => 'RT::Queue' ], [ catalogs => 'RT::Catalog' ] ) {
        for my $name ( sort keys %{ $config->{ $sort->[0] } || {} } ) {
            my $home = $sort->[1]->new( RT->SystemUser );
            $home->Load($name);
            push @strangers, "$sort->[0]: RT has no `$name`" unless $home->id;
            next unless $home->id;
            my %valid = map { lc $_ => 1 } $home->LifecycleObj->Valid;
            push @strangers, map {"$sort->[0]: $name: its lifecycle has no status `$_`"}
                grep { !$valid{ lc $_ } } sort keys %{ $config->{ $sort->[0] }{$name}{states} || {} };
        }
    }
    for my $name ( sort keys %{ $config->{roles} || {} } ) {
        my $group = RT::Group->new( RT->SystemUser );
        $group->LoadUserDefinedGroup($name);
        push @strangers, "roles: RT has no group `$name`" unless $group->id;
    }
    return @strangers;
}

# --------------------------------------------------------------------------------------------------------------------- decisions

# May it? (1), or (0, why not). `to` is the state of the policy, `status` what RT calls it.
sub decide {
    my ( $record, %step ) = @_;
    my $config = config();
    my $item = RT::Extension::Handoff::Facts::item_of($record);
    my $closes = grep { $_ eq $step{to} } @{ $step{part}{closing} || [] };
    DBIx::SearchBuilder::Record::Cachable->FlushCache;    # another process may have changed what is held here
    my $facts = RT::Extension::Handoff::Facts->new( config => $config, actor => $record->CurrentUser );
    my $document = eval { $facts->document( $record, %{ $step{how} || {} } ) };
    my $names = _names($document);
    my %with = ( names => $names, groups => _groups($config), item => $item, status => $step{status} );
    my $result;
    if ( !$document ) {
        RT->Logger->error("Handoff: the facts about $item can't be told: $@");
        $result = { failure => 'the facts can\'t be told', request => '' };
    }
    else {
        my %question = ( facts => $document, item => $item, to => $step{to}, defined $step{kind} ? ( kind => $step{kind} ) : () );
        $result = RT::Extension::Handoff::Ask::ask( $config, $closes ? '/v1/closures' : '/v1/transitions', \%question );
        $result = { %$result, answer => undef, failure => 'the record was changed by somebody else meanwhile' }
            if $result->{answer} && $result->{answer}{decision} eq 'allow' && !_still_so( $record, $facts, $result->{answer} );
    }
    return _told( $config, $item, \%step, $result, %with );
}

# Logs what came out, and makes the answer for RT of it. Ids of things, codes and times only: no names and no facts.
sub _told {
    my ( $config, $item, $step, $result, %with ) = @_;
    my $what = sprintf '%s to `%s`, request %s, %s ms', $item, $step->{to} // $step->{status}, $result->{request} || '-', $result->{took} // 0;
    if ( my $why = $result->{failure} ) {
        if ( $config->{fail_open} && $result->{outage} ) {
            RT->Logger->warning("Handoff: no verdict and let through, as `fail_open` says: $what: $why");
            return 1;
        }
        RT->Logger->error("Handoff: no verdict: $what: $why");
        return _refuse( 'no-verdict', $item, $step, RT::Extension::Handoff::Tell::no_verdict( $item, $step->{status}, $why, $result->{request}, %with ), [] );
    }
    my $answer = $result->{answer};
    my %codes;
    $codes{ $_->{code} // '?' }++ for @{ $answer->{findings} };
    RT->Logger->info( "Handoff: $answer->{decision}: $what" . join '', map {", $_ $codes{$_}"} sort keys %codes );
    if ( $answer->{decision} eq 'allow' ) {
        $NOTES{$item} = RT::Extension::Handoff::Tell::notes( $answer, %with );
        return 1;
    }
    return _refuse( 'deny', $item, $step, RT::Extension::Handoff::Tell::refusal( $answer, %with ), $answer->{findings} );
}

sub _refuse {
    my ( $sort, $item, $step, $message, $findings ) = @_;
    push @REFUSED, { decision => $sort, item => $item, to => $step->{to}, status => $step->{status}, message => $message, findings => $findings };
    return ( 0, $message );
}

# A refusal without a question, because none can be put.
sub _impossible {
    my ( $record, $status, $why, $remedy ) = @_;
    my $item = RT::Extension::Handoff::Facts::item_of($record);
    RT->Logger->info("Handoff: refused without asking: $item: $why");
    my $message = RT::Extension::Handoff::Tell::impossible( $item, $status, $why, $remedy );
    return _refuse( 'deny', $item, { to => undef, status => $status }, $message,
        [ { code => 'rt-not-configured', severity => 'block', item => $item, message => $why, remedy => $remedy, responsible => [] } ] );
}

# A refusal because of the configuration, or nothing where that is in order. It comes before the question whether something is governed
# at all: a mistyped `queues` would govern nothing, and everything would pass. What faults() looks through is small enough for each step.
sub _faulty {
    my ( $record, $status ) = @_;
    my $config = config();
    my @faults = faults($config) or return;
    RT->Logger->error("Handoff: $_") for @faults;
    my %step = ( to => undef, status => $status );
    return _told( $config, RT::Extension::Handoff::Facts::item_of($record), \%step, { failure => 'the configuration is not right' }, names => {} );
}

# An allow holds for what was judged, and until it ends.
sub _still_so {
    my ( $record, $facts, $answer ) = @_;
    my @end = $answer->{valid_until} =~ /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)/;
    return 0 if eval { Time::Local::timegm_modern( @end[ 5, 4, 3, 2 ], $end[1] - 1, $end[0] ) } < time;
    return 1 unless $record->id;
    my $stamp = $facts->stamps->{ RT::Extension::Handoff::Facts::item_of($record) };
    DBIx::SearchBuilder::Record::Cachable->FlushCache;
    my $now = ref($record)->new( RT->SystemUser );
    $now->LoadById( $record->id );
    return ( $now->__Value('LastUpdated') // '' ) eq ( $stamp // '' );
}

sub _names {
    my $document = shift or return {};
    my %names;
    for my $row ( @{ $document->{assets} } ) {
        my ($id) = $row->{id} =~ /^asset-(\d+)$/ or next;
        my $asset = RT::Asset->new( RT->SystemUser );
        $asset->LoadById($id);
        $names{"asset:$row->{id}"} = $asset->__Value('Name') // '' if $asset->id;
    }
    return \%names;
}

# The groups of RT that hold a role: people know these, and not the policy's words.
sub _groups {
    my $config = shift;
    my %groups;
    for my $name ( sort keys %{ $config->{roles} || {} } ) {
        my $roles = $config->{roles}{$name};
        push @{ $groups{$_} }, $name for ref $roles ? @$roles : $roles;
    }
    return { map { $_ => join ' or ', @{ $groups{$_} } } keys %groups };
}

# -------------------------------------------------------------------------------------------------------------- the steps of RT

# A status that RT would take. One that is not configured for a governed queue or catalog is none that anybody decided about.
sub enter {
    my ( $record, $status ) = @_;
    return 1 if $record->{DryRun};    # RT only shows what a change would do, and takes it back
    return 1 if RT::Extension::Handoff::Facts::aside($record);
    if ( my @refusal = _faulty( $record, $status ) ) { return @refusal }
    my $part = RT::Extension::Handoff::Facts::governed( config(), $record ) or return 1;
    my $now = RT::Extension::Handoff::Facts::state_of( $part, $record->__Value('Status') );
    my $to = RT::Extension::Handoff::Facts::state_of( $part, $status );
    return _unknown( $record, $status ) unless defined $to;
    return 1 if defined $now && $now eq $to;    # several statuses of RT may be one state
    return decide( $record, part => $part, to => $to, status => $status );
}

sub _unknown {
    my ( $record, $status ) = @_;
    return _impossible(
        $record, $status,
        "the configuration of Handoff names no state for \"$status\" here",
        'your administrator: name it under `states` of this queue or catalog, or take another status'
    );
}

# Something is created: from nothing into its first state.
sub create {
    my ( $record, $home, $status, $draft ) = @_;
    if ( my @refusal = _faulty( $record, $status ) ) { return @refusal }
    my $part = RT::Extension::Handoff::Facts::part( config(), $home ) or return 1;
    return 1 if grep { lc $_ eq lc $status } @{ $part->{unasked} || [] };
    my $to = RT::Extension::Handoff::Facts::state_of( $part, $status );
    return _unknown( $record, $status ) unless defined $to;
    return decide( $record, part => $part, to => $to, status => $status, how => { draft => $draft, home => $home } );
}

# Another queue or catalog is another kind, and may be another state.
sub move {
    my ( $record, $to ) = @_;
    return 1 if $record->{DryRun};
    return 1 unless $to->id;
    my $aside = RT::Extension::Handoff::Facts::aside($record);
    if ( my @refusal = $aside ? () : _faulty( $record, $record->__Value('Status') ) ) { return @refusal }
    my $config = config();
    my $here = RT::Extension::Handoff::Facts::governed( $config, $record );
    my $there = RT::Extension::Handoff::Facts::part( $config, $to );
    return 1 if !$here && ( !$there || $aside );
    my $name = $to->__Value('Name');
    my $status = $record->__Value('Status');
    my ( $old, $new ) = map { $_->LifecycleObj } RT::Extension::Handoff::Facts::home($record), $to;
    if ( $old->Name ne $new->Name ) {
        return 1 unless $old->HasMoveMap($new);    # RT refuses it by itself
        $status = $old->MoveMap($new)->{ lc $status } or return 1;
    }
    if ( !$there ) {
        return _impossible(
            $record, $status, "\"$name\" is not governed by Handoff, so going there would be a way round every decision",
            'your administrator: name it in the configuration of Handoff, or close this one and open another'
        );
    }
    my $state = RT::Extension::Handoff::Facts::state_of( $there, $status );
    return _unknown( $record, $status ) unless defined $state;
    if ( !$here ) {
        return 1 if grep { lc $_ eq lc $status } @{ $there->{unasked} || [] };
        return decide( $record, part => $there, to => $state, status => $status, how => { arriving => 1, home => $to } );
    }
    my $now = RT::Extension::Handoff::Facts::state_of( $here, $record->__Value('Status') );
    my $same = $here->{kind} eq $there->{kind};
    return 1 if $same && defined $now && $now eq $state;
    return decide( $record, part => $there, to => $state, status => $status, $same ? () : ( kind => $there->{kind} ) );
}

# A merged ticket is over, and the other one goes on for it.
sub merge {
    my ( $ticket, $survivor ) = @_;
    return 1 if RT::Extension::Handoff::Facts::aside($ticket);
    if ( my @refusal = _faulty( $ticket, 'merged' ) ) { return @refusal }
    my $part = RT::Extension::Handoff::Facts::governed( config(), $ticket ) or return 1;
    return _impossible(
        $ticket, 'merged', 'the configuration of Handoff does not say in which state a merged ticket ends',
        'your administrator: name it under `merged` of this queue'
    ) unless defined $part->{merged};
    return decide( $ticket, part => $part, to => $part->{merged}, status => 'merged', how => { survivor => $survivor } );
}

# ----------------------------------------------------------------------------------------------------------- where RT is held up

# Puts code around a function of RT. The name stays, so that everything which calls it goes through.
sub around {
    my ( $class, $name, $code ) = @_;
    my $original = $class->can($name) or die "Handoff: RT has no $class\::$name: this plugin is for RT 5.0\n";
    no strict 'refs';
    no warnings 'redefine';
    *{"$class\::$name"} = sub { return $code->( $original, @_ ) };
    return;
}

for my $class (qw(RT::Ticket RT::Asset)) {
    around( $class, ValidateStatusChange => sub {
        my ( $original, $self, $new ) = @_;
        my ( $ok, @why ) = $self->$original($new);
        return ( $ok, @why ) unless $ok;
        return enter( $self, $new );
    } );
    around( $class, SetStatus => sub {
        my ( $original, $self, @args ) = @_;
        my ( $ok, $message, @more ) = $self->$original(@args);
        my $notes = delete $NOTES{ RT::Extension::Handoff::Facts::item_of($self) };
        return ( $ok, $ok && $notes ? "$message\n$notes" : $message, @more );
    } );
    around( $class, _SetLifecycleColumn => sub {
        my ( $original, $self, %args ) = @_;
        my $home = ( $class eq 'RT::Ticket' ? 'RT::Queue' : 'RT::Catalog' )->new( RT->SystemUser );
        $home->Load( $args{Value} );
        my $may = !$args{RequireRight} || $home->id && $self->CurrentUser->HasRight( Right => $args{RequireRight}, Object => $home );
        if ( $may && $home->id && !$home->__Value('Disabled') && $home->id != RT::Extension::Handoff::Facts::home($self)->id ) {
            my ( $ok, $why ) = move( $self, $home );
            return ( $ok, $why ) unless $ok;
        }
        return $self->$original(%args);
    } );
    around( $class, Create => sub {
        my ( $original, $self, %args ) = @_;
        my $ticket = $class eq 'RT::Ticket';
        my $given = $ticket ? $args{Queue} : $args{Catalog};
        my $home = ( $ticket ? 'RT::Queue' : 'RT::Catalog' )->new( RT->SystemUser );
        $home->Load( ref $given ? $given->id : $given ) if $given;
        my $asked = $home->id && !( $ticket && ( $args{Type} // 'ticket' ) =~ /^(approval|reminder)$/i )
            && $self->CurrentUser->HasRight( Right => $ticket ? 'CreateTicket' : 'CreateAsset', Object => $home );
        if ($asked) {
            my $cycle = $home->LifecycleObj;
            my $status = lc( length( $args{Status} // '' ) ? $args{Status} : $cycle->DefaultOnCreate );
            if ( $cycle->IsValid($status) && $cycle->IsTransition( '' => $status ) ) {
                my ( $ok, $why ) = create( $self, $home, $status, \%args );
                return $ticket ? ( 0, 0, $why ) : ( 0, $why ) unless $ok;
            }
        }
        return $self->$original(%args);
    } );
}

around( 'RT::Ticket', MergeInto => sub {
    my ( $original, $self, $id ) = @_;
    my $survivor = RT::Ticket->new( RT->SystemUser );
    $survivor->Load($id);
    if ( $survivor->id && $survivor->id != $self->id && $self->CurrentUserHasRight('ModifyTicket') ) {
        my ( $ok, $why ) = merge( $self, $survivor );
        return ( $ok, $why ) unless $ok;
    }
    return $self->$original($id);
} );

# An approval or a reminder is not judged, so nothing may become one, or have been one.
around( 'RT::Ticket', SetType => sub {
    my ( $original, $self, $type, @more ) = @_;
    if ( lc( $type // '' ) ne lc( $self->__Value('Type') // '' ) ) {
        my $status = $self->__Value('Status');
        if ( my @refusal = _faulty( $self, $status ) ) { return @refusal }
        return _impossible( $self, $status, 'in a queue that Handoff governs a ticket stays of its type', 'you: open another ticket' )
            if RT::Extension::Handoff::Facts::part( config(), RT::Extension::Handoff::Facts::home($self) );
    }
    return $self->$original( $type, @more );
} );

# Called once by RT, where its web application is put together. Pages and REST are no concern of scripts.
sub PSGIWrap {
    my ( $class, $app ) = @_;
    RT->Logger->error("Handoff: $_") for faults(), eval { strangers() };
    require RT::Extension::Handoff::Web;
    return RT::Extension::Handoff::Web::wrap($app);
}

1;
