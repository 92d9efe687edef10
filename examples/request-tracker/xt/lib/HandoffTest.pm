package HandoffTest;

# A server that answers as a test wants it, and keeps what it was asked.

use strict;
use warnings;

use File::Temp ();
use IO::Socket::INET;
use JSON ();
use POSIX ();
use Time::HiRes ();

my @children;

sub new {
    my $class = shift;
    my $folder = File::Temp->newdir;
    my $listen = IO::Socket::INET->new( Listen => 5, LocalAddr => '127.0.0.1', ReuseAddr => 1 ) or die "no socket: $!";
    my $self = bless { folder => $folder, port => $listen->sockport }, $class;
    $self->answer('allow');
    my $child = fork // die "no child: $!";
    if ( !$child ) {
        setpgrp;    # so that all of them end at once
        $SIG{PIPE} = 'IGNORE';
        $SIG{CHLD} = 'IGNORE';
        while ( my $client = $listen->accept ) {
            if (fork) { close $client; next }
            close $listen;
            eval { _serve( "$folder", $client ) };
            POSIX::_exit(0);
        }
        POSIX::_exit(0);
    }
    close $listen;
    push @children, $child;
    $self->{child} = $child;
    return $self;
}

sub url { return "http://127.0.0.1:$_[0]{port}" }

# How it answers from now on.
sub answer {
    my ( $self, $how ) = @_;
    open my $to, '>', "$self->{folder}/how" or die $!;
    print $to $how;
    close $to;
}

# What it was asked since the last time: [path, question, headers].
sub asked {
    my $self = shift;
    my @asked;
    for my $file ( sort glob "$self->{folder}/asked-*" ) {
        open my $from, '<', $file or die $!;
        local $/;
        my ( $path, $head, $body ) = split /\n\n/, <$from>, 3;
        push @asked, [ $path, JSON::decode_json($body), $head ];
        unlink $file;
    }
    return @asked;
}

sub stop {
    my $self = shift;
    kill -9 => $self->{child};
    waitpid $self->{child}, 0;
}

# RT's tests end by their own END blocks, in which forked servers would linger.
END {
    local $?;
    kill -9 => $_ for @children;
    waitpid $_, 0 for @children;
}

sub _serve {
    my ( $folder, $client ) = @_;
    my $request = '';
    while ( $request !~ /\r\n\r\n/ ) {
        sysread $client, $request, 65536, length $request or return;
        return syswrite $client, "HTTP/1.1 400 Bad Request\r\n\r\n" if $request =~ /^\x16/;    # somebody starts with TLS
    }
    my ( $head, $body ) = split /\r\n\r\n/, $request, 2;
    my ($length) = $head =~ /^Content-Length: (\d+)/mi;
    while ( length $body < $length ) { sysread $client, $body, 65536, length $body or return }
    my ($path) = $head =~ m{^POST (\S+)};
    my $number = sprintf '%s/asked-%.6f', $folder, Time::HiRes::time();
    open my $to, '>', "$number.new" or die $!;
    print $to "$path\n\n", $head =~ s/\r\n/\n/gr, "\n\n", $body;
    close $to;
    rename "$number.new", $number;
    open my $from, '<', "$folder/how" or die $!;
    my $how = do { local $/; <$from> };

    my $question = JSON::decode_json($body);
    my $block = {
        code => 'not-recorded', severity => 'block', item => $question->{item}, message => "it is <not> recorded",
        remedy => 'record it', responsible => ['desk'], expected => undef, found => undef, sop => undef,
    };
    my $answer = {
        decision => 'allow', item => $question->{item}, to => $question->{to}, findings => [],
        valid_until => '2999-01-01T00:00:00.000Z', policy => { name => 'test', version => '1', digest => 'a' x 64 },
    };
    $answer->{decision} = 'deny', $answer->{findings} = [$block] if $how eq 'deny';
    $answer->{findings} = [ { %$block, severity => 'warn' } ] if $how eq 'noted';
    $answer->{findings} = [$block] if $how eq 'contradiction';
    $answer->{decision} = 'maybe' if $how eq 'maybe';
    $answer->{item} = 'ticket:999' if $how eq 'another item';
    $answer->{to} = 'elsewhere' if $how eq 'another state';
    $answer->{policy}{name} = 'lax' if $how eq 'another policy';
    delete $answer->{valid_until} if $how eq 'endless';
    $answer->{valid_until} = '2001-01-01T00:00:00.000Z' if $how eq 'stale';
    my $text = JSON->new->utf8->encode($answer);
    $text = '<html>not at all</html>' if $how eq 'garbage';
    $text = '{"type":"https://handoff.example/problems/overload","status":503}' if $how eq 'overload';
    $text = '{"type":"https://handoff.example/problems/facts","status":422}' if $how eq 'unusable';
    my $code = {
        overload => '503 Service Unavailable', broken => '502 Bad Gateway', moved => '307 Temporary Redirect', created => '201 Created',
        forbidden => '403 Forbidden', unusable => '422 Unprocessable Content',
    }->{$how} || '200 OK';
    my $more = $how eq 'moved' ? "Location: http://127.0.0.1:1/\r\n" : '';
    my $reply = "HTTP/1.1 $code\r\nContent-Type: application/json\r\n${more}Content-Length: " . length($text) . "\r\nConnection: close\r\n\r\n$text";
    if ( $how eq 'silence' ) { sleep 60 }
    elsif ( $how eq 'cut off' ) { syswrite $client, substr $reply, 0, length($reply) - 40 }
    elsif ( $how =~ /^trickle (head|body)$/ ) {
        my $start = $1 eq 'head' ? 0 : index( $reply, "\r\n\r\n" ) + 4;
        syswrite $client, substr $reply, 0, $start;
        for my $at ( $start .. length($reply) - 1 ) { syswrite $client, substr $reply, $at, 1; select undef, undef, undef, 0.3 }
    }
    else { syswrite $client, $reply }
    close $client;
}

# The configuration of the tests: one queue that is governed, and a catalog with RT's own lifecycle.
sub config {
    my ( $self, %more ) = @_;
    return (
        url => $self->url, timeout => 2, policy => 'test',
        roles => { Desk => 'desk', Store => [ 'store', 'desk' ] },
        departments => { Store => 'it' },
        people => { last_day => 'Last day' },
        queues => {
            Governed => {
                kind => 'onboarding', subject => { role => 'Requestor' }, merged => 'duplicate', unasked => ['new'],
                states => { new => 'open', open => 'open', stalled => 'waiting', resolved => 'done' }, closing => [ 'done', 'duplicate' ],
                approvals => { manager => 'manager' }, unlinked_because => 'Why', destination => 'Where',
            },
            Other => { kind => 'offboarding', subject => { field => 'Person' }, states => { new => 'open', resolved => 'done' }, closing => ['done'] },
        },
        catalogs => {
            Things => {
                kind => 'laptop', states => { new => 'received', allocated => 'ready', 'in-use' => 'delivered' }, serial => 'Serial', location => 'Where',
                attributes => { encrypted => { field => 'Encrypted', type => 'boolean', source => 'mdm' }, battery => { field => 'Battery', type => 'number' } },
                evidence => { scan => { field => 'Scan', means => 'scanned' } },
            },
        },
        coverage => { classes => ['hardware'], no_exceptions => 1 },
        %more,
    );
}

# Queues, catalog, custom fields, groups and people for it.
sub house {
    my $self = shift;
    my %made;
    for my $name (qw(Governed Other Free)) {
        $made{$name} = RT::Test->load_or_create_queue( Name => $name );
    }
    for my $name (qw(Things Loose)) {
        my $catalog = RT::Catalog->new( RT->SystemUser );
        $catalog->Create( Name => $name, Lifecycle => 'assets' );
        $made{$name} = $catalog;
    }
    my $field = sub {
        my ( $name, $type, $lookup, @to ) = @_;
        my $cf = RT::CustomField->new( RT->SystemUser );
        my ( $ok, $why ) = $cf->Create( Name => $name, Type => $type, MaxValues => 1, LookupType => $lookup );
        die $why unless $ok;
        $cf->AddToObject($_) for @to ? @to : RT::User->new( RT->SystemUser );
        return $cf;
    };
    $field->( $_, 'Freeform', 'RT::Catalog-RT::Asset', $made{Things} ) for qw(Serial Encrypted Battery Scan Where);
    $field->( $_, 'Freeform', 'RT::Queue-RT::Ticket', $made{Governed}, $made{Other} ) for qw(Why Where Person);
    $field->( 'Last day', 'Date', 'RT::User' );
    for my $name (qw(Desk Store)) {
        my $group = RT::Group->new( RT->SystemUser );
        $group->CreateUserDefinedGroup( Name => $name );
        $made{$name} = $group;
    }
    for my $name (qw(ann bob eve)) {
        $made{$name} = RT::Test->load_or_create_user( Name => $name, EmailAddress => "$name\@example.com", Password => 'password', Privileged => 1 );
        $made{$name}->PrincipalObj->GrantRight( Right => 'SuperUser' ) if $name eq 'ann';
    }
    $made{Desk}->AddMember( $made{ann}->PrincipalId );
    $made{as} = sub { my $user = RT::CurrentUser->new; $user->Load( $_[0] ); return $user };
    return \%made;
}

1;
