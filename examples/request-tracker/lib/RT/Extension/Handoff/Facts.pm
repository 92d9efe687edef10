package RT::Extension::Handoff::Facts;

# Makes facts in Handoff's form (docs/facts.md) of what RT has stored. Everything is read as RT's system user: what the person
# may see does not change what is so. Nothing is written. What RT does not know stays absent, and is then unknown.

use strict;
use warnings;

use JSON ();
use POSIX ();
use Unicode::Normalize ();

sub new {
    my ( $class, %args ) = @_;
    return bless {
        config => $args{config},
        actor  => $args{actor},        # RT::CurrentUser
        now    => time,
        roles  => {},
        assets => {},
        tickets => {},
        stamps => {},
    }, $class;
}

# ------------------------------------------------------------------------------------------------------------ what is configured

# The part of the configuration for a queue or catalog, or nothing where RT decides alone.
sub part {
    my ( $config, $home ) = @_;
    return unless $home && $home->id;
    my $parts = $config->{ $home->isa('RT::Queue') ? 'queues' : 'catalogs' } || {};
    return $parts->{ $home->__Value('Name') } || $parts->{ $home->id };
}

# The queue or catalog of a record.
sub home {
    my $record = shift;
    my $class = $record->isa('RT::Ticket') ? 'RT::Queue' : 'RT::Catalog';
    my $home = $class->new( RT->SystemUser );
    $home->Load( $record->__Value( $record->isa('RT::Ticket') ? 'Queue' : 'Catalog' ) );
    return $home;
}

# Approvals and reminders are tickets to RT, and facts or nothing to a policy: no configuration governs them.
sub aside {
    my $record = shift;
    return $record->isa('RT::Ticket') && ( $record->__Value('Type') // 'ticket' ) =~ /^(approval|reminder)$/i;
}

sub governed {
    my ( $config, $record ) = @_;
    return if aside($record);
    return part( $config, home($record) );
}

sub state_of {
    my ( $part, $status ) = @_;
    return unless defined $status;
    my %states = map { lc $_ => $part->{states}{$_} } keys %{ $part->{states} || {} };
    return $states{ lc $status };
}

sub id_of {
    my $record = shift;
    return $record->isa('RT::Asset') ? 'asset-' . ( $record->id || 'new' ) : ( $record->id || 'new' ) . '';
}

sub item_of {
    my $record = shift;
    return ( $record->isa('RT::Asset') ? 'asset:' : 'ticket:' ) . id_of($record);
}

# --------------------------------------------------------------------------------------------------------------------- documents

# The facts for a decision about a stored record, or about one that is only about to be created (`draft` holds its fields then).
sub document {
    my ( $self, $record, %how ) = @_;
    if ( $record->isa('RT::Asset') ) {
        $self->_asset( $record, %how );
    }
    else {
        $self->_ticket( $record, %how );
        $self->_ticket($_) for grep { $_ } $how{survivor};
    }

    # Approvals, owner and place of an asset come from the ticket behind it, and who still has it may follow from another one.
    my @all = values %{ $self->{assets} };
    $self->_tickets_of( $_->{record} ) for grep { $_->{record}->id } @all;

    my @tickets = map { $_->{row} } @{ $self->{tickets} }{ sort keys %{ $self->{tickets} } };
    my @assets  = map { $_->{row} } @{ $self->{assets} }{ sort keys %{ $self->{assets} } };
    my $facts = {
        at      => _time( $self->{now} ),
        actor   => $self->_actor,
        tickets => \@tickets,
        assets  => \@assets,
        people  => $self->_people(@tickets),
    };
    $self->_cover( $facts, $record );
    return $facts;
}

# When what was judged last changed, by item: an allow is for this, and for nothing that came after.
sub stamps { return $_[0]{stamps} }

# What is claimed to be complete: all that the catalogs hold of the configured classes in the names of these very people.
sub _cover {
    my ( $self, $facts, $record ) = @_;
    my $claims = $self->{config}{coverage} or return;
    my %row = ( as_of => $facts->{at}, source => 'Request Tracker' );
    if ( $record->isa('RT::Ticket') && @{ $claims->{classes} || [] } ) {
        my $subject = $self->{tickets}{ id_of($record) }{row}{subject};
        if ( defined $subject ) {
            $row{persons} = [$subject];
            $row{classes} = [ map {"$_"} @{ $claims->{classes} } ];
        }
    }
    if ( $claims->{no_exceptions} ) {
        $facts->{exceptions} = [];
        $row{exceptions} = [ ( map {"ticket:$_->{id}"} @{ $facts->{tickets} } ), ( map {"asset:$_->{id}"} @{ $facts->{assets} } ) ];
    }
    $facts->{coverage} = [ \%row ];
}

# ----------------------------------------------------------------------------------------------------------------------- tickets

sub _ticket {
    my ( $self, $ticket, %how ) = @_;
    my $id = id_of($ticket);
    return if $self->{tickets}{$id};
    my $stored = $how{draft} ? undef : _again($ticket);
    my $home = $how{home} || home($stored);
    my $part = part( $self->{config}, $home ) or return;
    my $field = $self->_fields( $stored || $ticket, $how{draft}, $home );
    my $status = $stored ? $stored->__Value('Status') : undef;
    my $row = {
        id => $id,
        kind => "$part->{kind}",
        state => $stored && !$how{arriving} ? state_of( $part, $status ) // $status : undef,
        approvals => [],
        $self->_described( $part, $field ),
    };
    $self->{tickets}{$id} = { row => $row };

    my @requestors = $how{draft} ? _named_in( $how{draft}{Requestor} ) : _members( $stored, 'Requestor' );
    $row->{requester} = @requestors ? _id( $requestors[0]->Name ) : undef;
    if ( my $subject = $part->{subject} ) {
        my $whose = $subject->{field} ? ( $field->( $subject->{field} ) )[0] : undef;
        my $user = $subject->{field} ? _user( $whose && $whose->{value} ) : $requestors[0];

        # A name that is nobody's is no subject that anybody could tell: it stays unknown, unless the field is empty.
        if    ($user)  { $row->{subject} = _id( $user->Name ) }
        elsif ( !$whose ) { $row->{subject} = undef }
    }
    else {
        $row->{subject} = undef;
    }

    if ( my $where = $part->{destination} ) {
        my ($value) = $field->($where);
        $row->{destination} = $value ? $value->{value} : undef;
    }

    if ($stored) {
        $self->{stamps}{"ticket:$id"} = $stored->__Value('LastUpdated');
        $row->{opened} = _moment( $stored->CreatedObj );
        $row->{updated_at} = _moment( $stored->LastUpdatedObj );
        $row->{history} = $self->_history( $stored, $part ) unless $how{arriving};
        $row->{approvals} = $self->_approvals( $stored, $part );
        $row->{links} = $self->_links( $stored, $part );
    }
    else {
        $row->{links} = $self->_drafted_links( $how{draft} );
    }
    if ( my $survivor = $how{survivor} ) {
        $row->{related} = [ { relation => 'duplicate-of', ticket => id_of($survivor) } ];
    }

    # What stands or stood in the name of the one that it is about: clearing a name is no return.
    if ( $how{draft} || !$how{aside} ) {
        $self->_asset($_) for $self->_had_by( _user( $row->{subject} ) );
    }
}

# The tickets that link an asset, with what is needed to judge the asset.
sub _tickets_of {
    my ( $self, $asset ) = @_;
    my $links = RT::Links->new( RT->SystemUser );
    my $uri = _uri($asset);
    my %seen;
    for my $way ( [ Target => 'Base' ], [ Base => 'Target' ] ) {
        $links->CleanSlate;
        $links->Limit( FIELD => $way->[0], VALUE => $uri );
        while ( my $link = $links->Next ) {
            my $id = $link->__Value("Local$way->[1]") or next;
            $seen{$id} = 1;
        }
    }
    for my $id ( sort { $a <=> $b } keys %seen ) {
        my $ticket = RT::Ticket->new( RT->SystemUser );
        $ticket->Load($id);
        $self->_ticket( $ticket, aside => 1 ) if $ticket->id && governed( $self->{config}, $ticket );
    }
}

# Links to governed assets, whatever their type, and those that were taken away: RT keeps who did so and when, and the reason where
# a field is configured for it.
sub _links {
    my ( $self, $ticket, $part ) = @_;
    my %standing;
    for my $way ( [ Base => 'Target' ], [ Target => 'Base' ] ) {
        my $links = RT::Links->new( RT->SystemUser );
        $links->Limit( FIELD => $way->[0], VALUE => $ticket->URI );
        while ( my $link = $links->Next ) {
            my $asset = _asset_at( $link->__Value( $way->[1] ) ) or next;
            $standing{ $asset->id } = $asset;
        }
    }
    my @links;
    for my $asset ( map { $standing{$_} } sort { $a <=> $b } keys %standing ) {
        next unless governed( $self->{config}, $asset );
        push @links, { asset => id_of($asset) };
        $self->_asset($asset);
    }
    my ($reason) = $part->{unlinked_because} ? $self->_fields( $ticket, undef, home($ticket) )->( $part->{unlinked_because} ) : ();
    my %removed;
    for my $change ( _changes( $ticket, Type => 'DeleteLink' ) ) {
        my $asset = _asset_at( $change->OldValue ) or next;
        next if $standing{ $asset->id } || !governed( $self->{config}, $asset );
        $removed{ $asset->id } = {
            asset   => id_of($asset),
            removed => {
                at => _moment( $change->CreatedObj ),
                by => _id( $change->CreatorObj->Name ),
                $reason ? ( reason => $reason->{value} ) : (),
            },
        };
        $self->_asset($asset);
    }
    return [ @links, map { $removed{$_} } sort { $a <=> $b } keys %removed ];
}

sub _drafted_links {
    my ( $self, $draft ) = @_;
    my %found;
    for my $type ( keys %RT::Link::TYPEMAP ) {
        my $to = $draft->{$type} or next;
        for my $uri ( map { split ' ' } ref $to eq 'ARRAY' ? @$to : $to ) {
            my $asset = _asset_at($uri) or next;
            $found{ $asset->id } = $asset if governed( $self->{config}, $asset );
        }
    }
    $self->_asset($_) for values %found;
    return [ map { { asset => id_of( $found{$_} ) } } sort { $a <=> $b } keys %found ];
}

# Approval tickets on which this one depends: who resolved or rejected them, and when.
sub _approvals {
    my ( $self, $ticket, $part ) = @_;
    my $settings = $part->{approvals} || {};
    my @rows;
    my $links = RT::Links->new( RT->SystemUser );
    $links->Limit( FIELD => 'Base', VALUE => $ticket->URI );
    $links->Limit( FIELD => 'Type', VALUE => 'DependsOn' );
    while ( my $link = $links->Next ) {
        my $id = $link->__Value('LocalTarget') or next;
        my $approval = RT::Ticket->new( RT->SystemUser );
        $approval->Load($id);
        next unless $approval->id && ( $approval->__Value('Type') // '' ) eq 'approval';
        my $status = lc $approval->__Value('Status');
        my $verdict = { resolved => 'approved', rejected => 'refused' }->{$status} or next;
        my ($last) = reverse grep { lc( $_->NewValue // '' ) eq $status } _changes( $approval, Type => 'Status' );
        next unless $last;
        my $by = $last->CreatorObj;
        my @roles = ( @{ $self->_roles_of($by) }, $settings->{manager} ? $settings->{manager} : () );
        push @rows, {
            at => _moment( $last->CreatedObj ),
            by => _id( $by->Name ),
            verdict => $verdict,
            defined $_ ? ( role => $_ ) : (),
            _is_system($by) ? ( automation => JSON::true ) : (),
        } for @roles ? @roles : (undef);
    }
    return \@rows;
}

# ------------------------------------------------------------------------------------------------------------------------ assets

sub _asset {
    my ( $self, $asset, %how ) = @_;
    my $id = id_of($asset);
    return if $self->{assets}{$id};
    my $stored = $how{draft} ? undef : _again($asset);
    my $home = $how{home} || home($stored);
    my $part = part( $self->{config}, $home ) or return;
    my $field = $self->_fields( $stored || $asset, $how{draft}, $home );
    my $status = $stored ? $stored->__Value('Status') : undef;
    my $row = {
        id => $id,
        kind => "$part->{kind}",
        state => $stored && !$how{arriving} ? state_of( $part, $status ) // $status : undef,
        $self->_described( $part, $field ),
    };
    $self->{assets}{$id} = { row => $row, record => $stored || $asset };

    my ( @owners, @holders );
    if ($stored) {
        @owners  = _parties( $stored, 'Owner' );
        @holders = _parties( $stored, 'HeldBy' );
        $self->{stamps}{"asset:$id"} = $stored->__Value('LastUpdated');
        $row->{updated_at} = _moment( $stored->LastUpdatedObj );
        $row->{history} = $self->_history( $stored, $part ) unless $how{arriving};
        $row->{custody} = $self->_custody( $stored, $part );
    }
    else {
        @owners  = _named_in( $how{draft}{Owner} );
        @holders = _named_in( $how{draft}{HeldBy} );
        $row->{custody} = [];
    }

    # RT lets no group own an asset. What a group holds, and nobody owns, is in the name of the department that the group stands for;
    # where it stands for none, nobody can tell whose it is, and the keys stay away.
    my @people = grep { $_->isa('RT::User') } @holders;
    my ($group) = grep { !$_->isa('RT::User') } @holders;
    my $department = $group ? $self->_party($group) : undef;
    $row->{owner} = @owners ? $self->_party( $owners[0] ) : $department if @owners || !$group || defined $department;
    $row->{held_by} = @people ? _id( $people[0]->Name ) : undef if !$group || defined $department;
    if ( my $where = $part->{location} ) {
        my ($value) = $field->($where);
        $row->{location} = $value ? $value->{value} : undef;
    }
}

# Who had it, as far as RT tells: owner and holder, and other serials.
sub _custody {
    my ( $self, $asset, $part ) = @_;
    my @rows;
    for my $role ( [ Owner => 'owner' ], [ HeldBy => 'held-by' ] ) {
        my @changes = grep { ( $_->Field // '' ) eq $role->[0] } map { _changes( $asset, Type => $_ ) } qw(SetWatcher AddWatcher DelWatcher);
        @changes = sort { $a->id <=> $b->id } @changes;

        # RT does not note in whose name something was created: that is what the first change took away, or else what is there now.
        my ($first) = @changes ? _principal( $changes[0]->OldValue ) : _parties( $asset, $role->[0] );
        my $before = $first && $self->_party($first);
        push @rows, { change => $role->[1], at => _moment( $asset->CreatedObj ), from => undef, to => $before, by => _id( $asset->CreatorObj->Name ) }
            if defined $before;
        for my $change (@changes) {
            my %row = ( change => $role->[1], at => _moment( $change->CreatedObj ), by => _id( $change->CreatorObj->Name ) );
            for my $end ( [ from => $change->OldValue ], [ to => $change->NewValue ] ) {
                my $principal = _principal( $end->[1] );
                my $party = $principal && $self->_party($principal);
                $row{ $end->[0] } = $party if !$principal || defined $party;    # a group that stands for nothing is not nobody
            }
            push @rows, \%row;
        }
    }
    for my $key (qw(serial tag number login)) {
        my $name = $part->{$key} or next;
        my $cf = _custom_field( $name, $asset, home($asset) ) or next;
        for my $change ( _changes( $asset, Type => 'CustomField', Field => $cf->id ) ) {
            my $from = $change->OldValue // '';
            next unless length $from;    # the first one is no change
            push @rows, {
                change => 'identity', at => _moment( $change->CreatedObj ), by => _id( $change->CreatorObj->Name ),
                from => $from, to => length( $change->NewValue // '' ) ? $change->NewValue : undef,
            };
        }
    }
    return \@rows;
}

# All governed assets that stand or ever stood in the name or hands of a user.
sub _had_by {
    my ( $self, $user ) = @_;
    return unless $user && $user->id;
    my %ids;
    my $groups = RT::Groups->new( RT->SystemUser );
    $groups->Limit( FIELD => 'Domain', VALUE => 'RT::Asset-Role', CASESENSITIVE => 0 );
    $groups->Limit( FIELD => 'Name', VALUE => $_, ENTRYAGGREGATOR => 'OR', CASESENSITIVE => 0, SUBCLAUSE => 'roles' ) for qw(Owner HeldBy);
    $groups->WithMember( PrincipalId => $user->PrincipalId );
    while ( my $group = $groups->Next ) {
        $ids{ $group->__Value('Instance') } = 1;
    }
    for my $value (qw(OldValue NewValue)) {
        my $changes = RT::Transactions->new( RT->SystemUser );
        $changes->Limit( FIELD => 'ObjectType', VALUE => 'RT::Asset' );
        $changes->Limit( FIELD => 'Type', VALUE => $_, ENTRYAGGREGATOR => 'OR', SUBCLAUSE => 'types' ) for qw(SetWatcher AddWatcher DelWatcher);
        $changes->Limit( FIELD => $value, VALUE => $user->PrincipalId );
        while ( my $change = $changes->Next ) {
            $ids{ $change->__Value('ObjectId') } = 1 if ( $change->__Value('Field') // '' ) =~ /^(Owner|HeldBy)$/;
        }
    }
    my @assets;
    for my $id ( sort { $a <=> $b } keys %ids ) {
        my $asset = RT::Asset->new( RT->SystemUser );
        $asset->LoadById($id);
        push @assets, $asset if $asset->id && governed( $self->{config}, $asset );
    }
    return @assets;
}

# ------------------------------------------------------------------------------------------------------------------------ fields

# What tells a thing apart, its attributes and checks, out of custom fields.
sub _described {
    my ( $self, $part, $field ) = @_;
    my %row;
    for my $key (qw(serial tag number login product)) {
        next unless $part->{$key};
        my ($value) = $field->( $part->{$key} );
        $row{$key} = $value ? $value->{value} : undef;
    }
    my $attributes = $part->{attributes} || {};
    for my $name ( keys %$attributes ) {
        my $from = $attributes->{$name};
        my ($value) = $field->( $from->{field} );
        next unless $value;    # an empty field is not recorded, and not known to be none
        $row{attributes}{$name} = {
            value       => _typed( $value, $from->{type} || 'text' ),
            observed_at => $value->{at},
            source      => $from->{source} || 'Request Tracker',
        };
    }

    # The field holds what was read off the thing, or `failed`. Who entered it and when comes from RT.
    $row{evidence} = [];
    my $checks = $part->{evidence} || {};
    for my $check ( sort keys %$checks ) {
        my $from = $checks->{$check};
        for my $value ( $field->( $from->{field} ) ) {
            my $failed = $value->{value} =~ /^failed\b[\s:]*(.*)/i;
            my $seen = $failed ? $1 : $value->{value};
            my @roles = @{ $self->_roles_of( $value->{by} ) };
            push @{ $row{evidence} }, {
                check => $check,
                at => $value->{at},
                by => _id( $value->{by}->Name ),
                means => $from->{means} || 'typed',
                result => $failed ? 'failed' : 'passed',
                length $seen ? ( seen => $seen ) : (),
                defined $_ ? ( role => $_ ) : (),
                _is_system( $value->{by} ) ? ( automation => JSON::true ) : (),
            } for @roles ? @roles : (undef);
        }
    }
    return %row;
}

# A function that gives the values of a custom field by its name: value, who entered it and when.
sub _fields {
    my ( $self, $record, $draft, $home ) = @_;
    return sub {
        my $name = shift;
        my $cf = _custom_field( $name, $record, $home ) or return;
        my $type = $cf->__Value('Type') // '';
        if ($draft) {
            my $given = $draft->{ 'CustomField-' . $cf->id };
            return map { { value => _text( $_, $type ), by => $self->{actor}->UserObj, at => _time( $self->{now} ) } }
                grep { defined && !ref && length } ref $given eq 'ARRAY' ? @$given : $given;
        }
        my $values = RT::ObjectCustomFieldValues->new( RT->SystemUser );
        $values->LimitToCustomField( $cf->id );
        $values->LimitToObject($record);
        $values->LimitToEnabled;
        my @rows;
        while ( my $value = $values->Next ) {
            my $content = $value->Content;
            next unless defined $content && length $content;
            push @rows, { value => _text( $content, $type ), by => $value->CreatorObj, at => _moment( $value->CreatedObj ) };
        }
        return @rows;
    };
}

sub _custom_field {
    my ( $name, $record, $home ) = @_;
    my $class = ref $record;
    my $cf = RT::CustomField->new( RT->SystemUser );
    $cf->LoadByName( Name => $name, LookupType => $class->CustomFieldLookupType, ObjectId => $home->id, IncludeGlobal => 1, IncludeDisabled => 0 );
    return $cf->id ? $cf : undef;
}

# RT stores times in UTC without saying so.
sub _text {
    my ( $value, $type ) = @_;
    $value =~ s/^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)$/$1T$2Z/ if $type eq 'DateTime';
    return "$value";
}

# As the policy declares it; what can't be read so stays text, and the decision says so.
sub _typed {
    my ( $value, $type ) = @_;
    my $text = $value->{value};
    if ( $type eq 'boolean' ) {
        return JSON::true if $text =~ /^(yes|true|1|on)$/i;
        return JSON::false if $text =~ /^(no|false|0|off)$/i;
    }
    return 0 + $text if $type eq 'number' && $text =~ /^-?\d{1,15}(\.\d+)?$/;
    return $text;
}

# --------------------------------------------------------------------------------------------------------------------- histories

# Changes of status as steps of the policy. Several states of RT may be one of the policy's; going between those is no step.
sub _history {
    my ( $self, $record, $part ) = @_;
    my @changes = _changes( $record, Type => 'Status' );
    my ($born) = _changes( $record, Type => 'Create' );
    return [] unless $born;
    my $state = sub { state_of( $part, $_[0] ) // $_[0] };
    my $now = $state->( @changes ? $changes[0]->OldValue : $record->__Value('Status') );
    my @rows = ( { at => _moment( $born->CreatedObj ), from => undef, to => $now, by => _id( $born->CreatorObj->Name ) } );
    for my $change (@changes) {
        my ( $from, $to ) = ( $state->( $change->OldValue ), $state->( $change->NewValue ) );
        next if $from eq $to;
        my $by = $change->CreatorObj;
        push @rows, {
            at => _moment( $change->CreatedObj ), from => $from, to => $to, by => _id( $by->Name ),
            _is_system($by) ? ( automation => JSON::true ) : (),
        };
    }
    return \@rows;
}

sub _changes {
    my ( $record, %which ) = @_;
    my $changes = RT::Transactions->new( RT->SystemUser );
    $changes->Limit( FIELD => 'ObjectType', VALUE => ref $record );
    $changes->Limit( FIELD => 'ObjectId', VALUE => $record->id );
    $changes->Limit( FIELD => $_, VALUE => $which{$_}, CASESENSITIVE => 1 ) for sort keys %which;
    $changes->OrderBy( FIELD => 'id', ORDER => 'ASC' );
    return @{ $changes->ItemsArrayRef };
}

# ------------------------------------------------------------------------------------------------------------------------ people

sub _actor {
    my $self = shift;
    my $user = $self->{actor}->UserObj;
    return {
        id => _id( $user->Name ),
        roles => $self->_roles_of($user),
        _is_system($user) ? ( automation => JSON::true ) : (),
    };
}

# Only those whom the tickets are about, and of them only what is configured.
sub _people {
    my ( $self, @tickets ) = @_;
    my %seen;
    my @rows;
    for my $name ( grep { defined && !$seen{$_}++ } map { $_->{subject} } @tickets ) {
        my $user = _user($name) or next;
        my $row = { id => $name };
        my $keys = $self->{config}{people} || {};
        for my $key ( sort keys %$keys ) {
            my ($value) = $self->_fields( $user, undef, $user )->( $keys->{$key} );
            next unless $value;
            $row->{$key} = $key eq 'remote' ? _typed( $value, 'boolean' ) : $value->{value};
        }
        push @rows, $row;
    }
    return \@rows;
}

# The roles that a user has through groups, by way of other groups as well.
sub _roles_of {
    my ( $self, $user ) = @_;
    return [] unless $user && $user->id;
    return $self->{roles}{ $user->id } ||= do {
        my %roles;
        my $groups = $self->{config}{roles} || {};
        for my $name ( keys %$groups ) {
            my $group = RT::Group->new( RT->SystemUser );
            $group->LoadUserDefinedGroup($name);
            next unless $group->id && !$group->Disabled && $group->HasMemberRecursively( $user->PrincipalId );
            $roles{$_} = 1 for ref $groups->{$name} ? @{ $groups->{$name} } : $groups->{$name};
        }
        [ sort keys %roles ];
    };
}

# The owner or holder as the facts write it: a person, or the department that a group stands for.
sub _party {
    my ( $self, $principal ) = @_;
    return 'person:' . _id( $principal->Name ) if $principal->isa('RT::User');
    my $department = ( $self->{config}{departments} || {} )->{ $principal->Name };
    return defined $department ? "department:$department" : undef;
}

sub _principal {
    my $id = shift;
    return unless $id && $id =~ /^\d+$/;
    my $principal = RT::Principal->new( RT->SystemUser );
    $principal->Load($id);
    return unless $principal->id && $principal->id != RT->Nobody->PrincipalId;
    return $principal->Object;
}

# Users and groups in a role of a record, without RT's Nobody.
sub _parties {
    my ( $record, $role ) = @_;
    my $group = $record->RoleGroup($role);
    return unless $group && $group->id;
    my $members = $group->MembersObj;
    my @parties;
    while ( my $member = $members->Next ) {
        push @parties, grep { defined } _principal( $member->__Value('MemberId') );
    }
    return @parties;
}

sub _members {
    return grep { $_->isa('RT::User') } _parties(@_);
}

# Users out of what a request names for a role that is still to be set.
sub _named_in {
    my $given = shift;
    return grep { defined } map { ref $_ ? _principal( $_->id ) : _user($_) }
        grep { defined && ( ref || length ) } ref $given eq 'ARRAY' ? @$given : $given;
}

sub _user {
    my $name = shift;
    return unless defined $name && length $name;
    my $user = RT::User->new( RT->SystemUser );
    $user->Load($name);
    $user->LoadByEmail($name) if !$user->id && $name =~ /\@/;
    return $user->id && $user->id != RT->Nobody->id ? $user : undef;
}

sub _is_system { return $_[0]->id == RT->SystemUser->id }

# ---------------------------------------------------------------------------------------------------------------------- the rest

# The record as it is stored now, with the rights of the system.
sub _again {
    my $record = shift;
    my $again = ref($record)->new( RT->SystemUser );
    $again->LoadById( $record->id );
    return $again;
}

sub _uri {
    my $asset = shift;
    return 'asset://' . RT->Config->Get('Organization') . '/' . $asset->id;
}

sub _asset_at {
    my $uri = shift;
    return unless ( $uri // '' ) =~ m{^asset:(?://[^/]*/)?(\d+)$}i;
    my $asset = RT::Asset->new( RT->SystemUser );
    $asset->LoadById($1);
    return $asset->id ? $asset : undef;
}

sub _id { return Unicode::Normalize::NFC( $_[0] ) }

sub _moment { return $_[0] && $_[0]->Unix > 0 ? _time( $_[0]->Unix ) : undef }

sub _time { return POSIX::strftime( '%Y-%m-%dT%H:%M:%SZ', gmtime $_[0] ) }

1;
