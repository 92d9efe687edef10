package RT::Extension::Handoff::Web;

# RT's pages and REST set a status before the other fields of the same request, and mail a reply before both. Here the fields are
# written first, then the status is judged on what is stored then, and a reply waits for that. And REST gets a status of HTTP that
# says so where something was refused.

use strict;
use warnings;

use JSON ();
use Plack::Util;
use RT::Interface::Web;
use RT::REST2;
use RT::REST2::Resource::Ticket;
use RT::REST2::Resource::Asset;
use RT::REST2::Resource::Message;
use RT::REST2::Util ();

# Which functions of RT's pages have run on which record in this request: what was done ahead is not done again by the page.
my %ran;

# What was written ahead of a page that goes on, for its list of what it did.
my %written;

my %LAST = map { $_ => 1 } qw(Queue Catalog Status);    # in this order, after all other fields
my @ORDER = qw(Queue Catalog Status);

sub wrap {
    my $app = shift;
    _install();
    return sub {
        my $env = shift;
        %ran = %written = ();
        RT::Extension::Handoff::begin_request();
        my $path = ( $env->{SCRIPT_NAME} // '' ) . ( $env->{PATH_INFO} // '' );
        my $response = $path =~ m{/REST/1\.0/} ? _rest1( $app, $env ) : $app->($env);
        return $path =~ m{/REST/([12])\.0/} ? _rest_answer( $response, $1 ) : $response;
    };
}

# ------------------------------------------------------------------------------------------------------------------------- pages

my $installed;

sub _install {
    return if $installed++;
    my %record = (
        ProcessTicketWatchers           => sub { my %args = @_; $args{TicketObj} },
        ProcessTicketLinks              => sub { my %args = @_; $args{TicketObj} },
        ProcessTicketDates              => sub { my %args = @_; $args{TicketObj} },
        ProcessObjectCustomFieldUpdates => sub { my %args = @_; $args{Object} },
        ProcessRecordBulkCustomFields   => sub { my %args = @_; $args{RecordObj} },
        ProcessRecordLinks              => sub { my %args = @_; $args{RecordObj} },
        ProcessAssetRoleMembers         => sub { $_[0] },
    );
    for my $name ( sort keys %record ) {
        RT::Extension::Handoff::around( 'HTML::Mason::Commands', $name => sub {
            my ( $original, @args ) = @_;
            my $record = $record{$name}->(@args);
            my $counts = ref $record && ( $record->isa('RT::Ticket') || $record->isa('RT::Asset') ) && $record->id && !$record->{DryRun};
            return if $counts && $ran{$name}{ $record->UID }++;
            return $original->(@args);
        } );
    }
    RT::Extension::Handoff::around( 'HTML::Mason::Commands', UpdateRecordObject => sub {
        my ( $original, %args ) = @_;
        my ( $record, $given ) = @args{qw(Object ARGSRef)};
        my @changes = grep { defined $given->{$_} && length $given->{$_} } @ORDER;
        return $original->(%args) unless @changes && _is_ours($record) && !$record->{DryRun};
        my @results = _fields_first( $record, $given );
        push @results, $original->( %args, AttributesRef => [ grep { !$LAST{$_} } @{ $args{AttributesRef} } ] );
        return ( @results, _last( $record, $args{AttributesRef}, sub { $original->( %args, AttributesRef => [ $_[0] ] ) } ) );
    } );
    RT::Extension::Handoff::around( 'HTML::Mason::Commands', ProcessUpdateMessage => sub {
        my ( $original, %args ) = @_;
        my ( $ticket, $given ) = @args{qw(TicketObj ARGSRef)};
        my @results;
        if ( _is_ours($ticket) && !$ticket->{DryRun} ) {
            my ( $refused, @done ) = before_message( $ticket, $given );
            @results = @done;
            if ($refused) {
                $given->{Status} = '';    # it is refused already, and not asked again by the page
                return ( @results, $ticket->loc('Your message was not sent'), $refused );
            }
        }
        return ( @results, $original->(%args) );
    } );

    # RT ends the page of a new ticket with an error, in one paragraph, and logs it. The reasons are a list, and not for the log.
    RT::Extension::Handoff::around( 'HTML::Mason::Commands', Abort => sub {
        my ( $original, $why, %args ) = @_;
        my ($head) = ( $why // '' ) =~ /\A(Handoff (?:refused|gave no verdict)[^\n]*)\n/ or return $original->( $why, %args );
        return $original->( $head, %args, Actions => [ @{ $args{Actions} || [] }, $why ] );
    } );

    for my $class (qw(RT::REST2::Resource::Ticket RT::REST2::Resource::Asset)) {
        RT::Extension::Handoff::around( $class, update_record => sub {
            my ( $original, $self, $data ) = @_;
            return $self->$original($data) unless _is_ours( $self->record ) && grep { defined $data->{$_} } @ORDER;
            my %last = map { $_ => delete $data->{$_} } grep { exists $data->{$_} } @ORDER, 'MergeInto';
            my $merge = delete $last{MergeInto};
            my @results = $self->$original($data);
            push @results, _last( $self->record, [ keys %last ], sub {
                return $self->record->Update( ARGSRef => { $_[0] => $last{ $_[0] } }, AttributesRef => [ $_[0] ] );
            } );
            push @results, ( $self->record->MergeInto($merge) )[1] if $merge;
            return @results;
        } );
    }
    RT::Extension::Handoff::around( 'RT::REST2::Resource::Message', _add_message => sub {
        my ( $original, $self, %args ) = @_;
        my $ticket = $self->record;
        my @done;
        if ( defined $args{Status} && length $args{Status} && _is_ours($ticket) ) {
            %args = ( %args, %{ RT::REST2::Util::fix_custom_role_ids( $ticket, delete $args{CustomRoles} ) } ) if $args{CustomRoles};
            push @done, RT::REST2::Util::update_custom_fields( $ticket, delete $args{CustomFields} ), RT::REST2::Util::update_role_members( $ticket, \%args );
            my ( $ok, $why ) = $ticket->ValidateStatusChange( $args{Status} );
            return ( _code(), @done, $why ) if !$ok && @RT::Extension::Handoff::REFUSED;
        }
        my ( $code, @results ) = $self->$original(%args);
        return ( $code, @done, @results );
    } );
    return;
}

sub _is_ours {
    my $record = shift;
    return ref $record && ( $record->isa('RT::Ticket') || $record->isa('RT::Asset') ) && $record->id;
}

# Queue or catalog, then status, after everything else. What comes after a refusal is left: it was meant for another place.
sub _last {
    my ( $record, $attributes, $update ) = @_;
    my %wanted = map { $_ => 1 } @$attributes;
    my @results;
    for my $field ( grep { $wanted{$_} } @ORDER ) {
        my $refused = @RT::Extension::Handoff::REFUSED;
        push @results, $update->($field);
        last if @RT::Extension::Handoff::REFUSED > $refused;
    }
    return @results;
}

# What a page would write after the status: people, links, dates and custom fields.
sub _fields_first {
    my ( $record, $given ) = @_;
    my $page = $HTML::Mason::Commands::m ? $HTML::Mason::Commands::m->request_comp->path : '';
    my @results = @{ delete $written{ $record->UID } || [] };
    if ( $record->isa('RT::Ticket') ) {
        my %both = ( ARGSRef => $given, TicketObj => $record );
        my $bulk = $page eq '/Search/Bulk.html';
        push @results, HTML::Mason::Commands::ProcessTicketWatchers(%both);
        push @results, HTML::Mason::Commands::ProcessTicketLinks( %both, $bulk ? ( TicketId => 'Ticket' ) : () );
        push @results, HTML::Mason::Commands::ProcessTicketDates(%both);
        push @results, $bulk
            ? HTML::Mason::Commands::ProcessRecordBulkCustomFields( RecordObj => $record, ARGSRef => $given )
            : HTML::Mason::Commands::ProcessObjectCustomFieldUpdates( Object => $record, ARGSRef => $given );
    }
    elsif ( $page eq '/Asset/Search/Bulk.html' ) {

        # The page hands over the fields of the asset itself only; the others are those of the request.
        my $all = $HTML::Mason::Commands::DECODED_ARGS;
        push @results, HTML::Mason::Commands::ProcessAssetRoleMembers( $record => %$all );
        push @results, HTML::Mason::Commands::ProcessObjectCustomFieldUpdates( Object => $record, ARGSRef => $all );
        push @results, HTML::Mason::Commands::ProcessRecordLinks( RecordObj => $record, RecordId => 'Asset', ARGSRef => $all );
        push @results, HTML::Mason::Commands::ProcessRecordBulkCustomFields( RecordObj => $record, ARGSRef => $all );
    }
    else {
        push @results, HTML::Mason::Commands::ProcessObjectCustomFieldUpdates( Object => $record, ARGSRef => $given );
    }
    return grep { defined && length } @results;
}

# Before a reply that comes with a status is mailed: the fields, then the question. (why not, what was written).
sub before_message {
    my ( $ticket, $given ) = @_;
    my $status = $given->{Status};
    return unless defined $status && length $status && $status ne $ticket->Status && !$given->{AddMoreAttach};
    return unless length( $given->{UpdateContent} // '' ) || $given->{UpdateAttachments};

    # A page that moves the ticket as well asks for the new queue after the move.
    return if $given->{Queue} && $given->{Queue} ne $ticket->Queue && $given->{Queue} ne ( $ticket->QueueObj->Name // '' );
    return _refused_already( $ticket, $given );
}

# The callback of both forms of a reply, with the arguments that RT gives it. A form can be shown again with what was typed, so where
# the status is refused it stays, and nothing is mailed.
sub before_update {
    my %args = @_;
    my ( $ticket, $given, $results ) = @args{qw(TicketObj ARGSRef results)};
    return if $args{checks_failure} || ${ $args{skip_update} } || !exists $given->{SubmitTicket};
    my $status = $given->{Status};
    return unless defined $status && length $status && $status ne $ticket->Status;
    my ( $refused, @done ) = _refused_already( $ticket, $given );
    push @$results, @done;
    return unless $refused;
    push @$results, $ticket->loc('Your message was not sent'), $refused;
    ${ $args{skip_update} } = 1;
    return;
}

# Why the status is refused, and what was written before it was asked about; or nothing.
sub _refused_already {
    my ( $ticket, $given ) = @_;
    my @done = _fields_first( $ticket, $given );
    my $before = @RT::Extension::Handoff::REFUSED;
    my ( $ok, $why ) = $ticket->ValidateStatusChange( $given->{Status} );
    return ( $why, @done ) if !$ok && @RT::Extension::Handoff::REFUSED > $before;
    $written{ $ticket->UID } = \@done;
    return;
}

# -------------------------------------------------------------------------------------------------------------------------- REST

# 409 where it was decided so, 503 where there was no verdict.
sub _code {
    return ( grep { $_->{decision} eq 'no-verdict' } @RT::Extension::Handoff::REFUSED ) ? 503 : 409;
}

# REST 1 streams text, whose first line has its status; REST2 gives a whole document.
sub _rest_answer {
    my ( $response, $version ) = @_;
    return Plack::Util::response_cb( $response, sub {
        my $answer = shift;
        if ( $version == 1 ) {
            Plack::Util::header_remove( $answer->[1], 'Content-Length' );
            return sub {
                my $part = shift;
                my $code = _code();
                $part =~ s{\A(RT/\S+) \d+[^\n]*}{"$1 $code " . ( $code == 409 ? 'Refused' : 'No Verdict' )}e
                    if defined $part && @RT::Extension::Handoff::REFUSED;
                return $part;
            };
        }
        return unless @RT::Extension::Handoff::REFUSED;
        my $body = '';
        Plack::Util::foreach( $answer->[2], sub { $body .= $_[0] } ) if $answer->[2];
        my @refused = @RT::Extension::Handoff::REFUSED;
        my $was = eval { JSON::decode_json($body) };
        $answer->[0] = _code();
        $answer->[2] = [
            JSON->new->utf8->canonical->encode( {
                message => join( "\n", map { $_->{message} } @refused ),
                refused => \@refused,
                ref $was eq 'ARRAY' ? ( results => $was ) : (),
            } )
        ];
        Plack::Util::header_set( $answer->[1], 'Content-Type', 'application/json; charset=utf-8' );
        Plack::Util::header_set( $answer->[1], 'Content-Length', length $answer->[2][0] );
        Plack::Util::header_set( $answer->[1], 'Retry-After', 10 ) if $answer->[0] == 503;
        Plack::Util::header_remove( $answer->[1], $_ ) for qw(Location ETag);
        return;
    } );
}

# REST 1 sets the fields of a form in no order at all. So the form is taken twice: first without its status, then with nothing else.
sub _rest1 {
    my ( $app, $env ) = @_;
    require HTML::Mason::Request;
    my $response = _with_forms_in_order( sub { $app->($env) } );
    return $response unless ref $response eq 'CODE';
    return sub {    # RT answers only when it is asked for the stream
        my $respond = shift;
        return _with_forms_in_order( sub { $response->($respond) } );
    };
}

sub _with_forms_in_order {
    my $run = shift;
    my $comp = \&HTML::Mason::Request::comp;
    no warnings 'redefine';
    local *HTML::Mason::Request::comp = sub {
        my ( $m, $name, %args ) = ref $_[1] ? ( $_[0], '' ) : @_;
        my $changes = $args{changes};
        my ($status) = ref $changes eq 'HASH' ? grep { lc eq 'status' } keys %$changes : ();
        goto &$comp unless defined $status && ( $args{id} // '' ) =~ /^\d+$/ && $name =~ m{^Forms/ticket/(default|comment)$};
        my $comment = $1 eq 'comment';
        my $ticket = RT::Ticket->new( $HTML::Mason::Commands::session{CurrentUser} );
        $ticket->Load( $args{id} );
        goto &$comp unless $ticket->id;
        if ($comment) {
            my ( $ok, $why ) = $ticket->ValidateStatusChange( $changes->{$status} );
            goto &$comp if $ok || !@RT::Extension::Handoff::REFUSED;
            return [ _commented($why), [], {}, 0 ];
        }
        my %first = %$changes;
        my $wanted = delete $first{$status};
        my ( $done, $refused ) = ( undef, scalar @RT::Extension::Handoff::REFUSED );
        $done = $m->$comp( $name, %args, changes => \%first ) if grep { lc ne 'id' } keys %first;
        my $then = $done;
        if ( !$done || !$done->[3] && @RT::Extension::Handoff::REFUSED == $refused ) {
            $then = $m->$comp( $name, %args, changes => { exists $changes->{id} ? ( id => $changes->{id} ) : (), $status => $wanted } );
            $then->[0] = join "\n", grep { length } map { $_ // '' } $done ? $done->[0] : (), $then->[0];
        }
        $then->[0] = _commented( $then->[0] );
        return $then;
    };
    return $run->();
}

# Every line of a message is a comment to REST 1.
sub _commented {
    my $text = shift;
    return join "\n", map { /^#/ ? $_ : "# $_" } split /\n/, $text;
}

1;
