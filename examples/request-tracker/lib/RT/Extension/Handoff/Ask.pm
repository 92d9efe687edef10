package RT::Extension::Handoff::Ask;

# Asks `handoff serve`, and tells what it answered or why there is no verdict. Anything but a whole, fitting answer is no verdict.

use strict;
use warnings;

use JSON ();
use LWP::UserAgent;
use Time::HiRes ();

my $LARGEST = 8 * 1024 * 1024;

# Returns { answer => … } or { failure => 'why', … }, both with `request` (the name of the request in both logs) and `took` (ms).
# A failure has `outage` where the server is not there, too late or out of order: `fail_open` is for these, and not for a server that
# is there and objects, or that may be another one.
sub ask {
    my ( $config, $path, $question ) = @_;
    my $request = sprintf 'rt-%d-%08x', $$, int rand 2**32;
    my $started = Time::HiRes::time();
    my ( $answer, $failure, $outage ) = eval { _asked( $config, $path, $question, $request ) };
    $failure = _plain($@) if !$answer && !$failure;
    return {
        request => $request,
        took    => int( 1000 * ( Time::HiRes::time() - $started ) ),
        $failure ? ( failure => $failure, $outage ? ( outage => 1 ) : () ) : ( answer => $answer ),
    };
}

# (answer), (undef, why not), or (undef, why not, 1) where it is an outage.
sub _asked {
    my ( $config, $path, $question, $request ) = @_;
    my $url = $config->{url} or return ( undef, 'no url is configured' );
    return ( undef, 'the url is none' ) unless $url =~ m{^https?://[^/:\s]}i;
    $url =~ s{/+$}{};
    my ( $token, $wrong ) = _token($config);
    return ( undef, $wrong ) if $wrong;
    my $timeout = $config->{timeout} || 5;

    # No redirects and no proxies of the environment: facts and token go to the configured address only.
    my $agent = LWP::UserAgent->new(
        agent             => 'RT-Extension-Handoff',
        timeout           => $timeout,
        max_redirect      => 0,
        max_size          => $LARGEST,
        env_proxy         => 0,
        protocols_allowed => [ 'http', 'https' ],
    );
    my $response;
    my $late = 0;
    {
        # LWP counts its timeout anew with each read, and a server that trickles would hold the page for ever. So the alarm
        # ends the whole. LWP may take the exception for a failed request, hence the flag.
        local $SIG{ALRM} = sub { $late = 1; die "late\n" };
        my $left = alarm 0;
        my $since = Time::HiRes::time();
        eval {
            Time::HiRes::alarm($timeout);
            $response = $agent->post(
                "$url$path",
                'Content-Type' => 'application/json',
                'X-Request-Id' => $request,
                defined $token ? ( Authorization => "Bearer $token" ) : (),
                Content => JSON->new->utf8->canonical->encode($question),
            );
            1;
        } or $late ||= ( $@ eq "late\n" );
        my $failed = $@;
        Time::HiRes::alarm(0);
        if ($left) {    # somebody else's alarm goes on
            $left -= Time::HiRes::time() - $since;
            Time::HiRes::alarm( $left > 0 ? $left : 0.001 );
        }
        return ( undef, "no answer within $timeout s", 1 ) if $late;
        return ( undef, _plain($failed) ) unless $response;
    }
    return ( undef, 'the answer was cut off' ) if $response->header('Client-Aborted');
    if ( ( $response->header('Client-Warning') || '' ) eq 'Internal response' ) {
        my $reason = $response->message || '';
        return ( undef, "no answer within $timeout s", 1 ) if $reason =~ /timeout/i;

        # LWP tells these like a server that is away. But a certificate that is not believed is somebody else's server, for all that
        # anybody knows, and without Perl's part for TLS nobody is asked at all.
        return ( undef, 'there is no TLS with the server' ) if $response->code != 500 || $reason =~ /certificate|SSL/i;
        return ( undef, 'the server can\'t be reached', 1 );
    }
    if ( $response->code != 200 ) {
        my $problem = eval { JSON::decode_json( $response->content ) };
        my $type = ref $problem eq 'HASH' && ( $problem->{type} || '' ) =~ m{([a-z-]+)$} ? " ($1)" : '';
        return ( undef, 'the server answered ' . $response->code . $type, $response->code =~ /^5/ );
    }
    my $answer = eval { JSON::decode_json( $response->content ) };
    return ( undef, 'the answer can\'t be read' ) unless ref $answer eq 'HASH';
    my $misfit = _misfit( $config, $question, $answer );
    return ( undef, "the answer does not fit: $misfit" ) if $misfit;
    return ($answer);
}

# What is wrong with an answer that could be read, or nothing.
sub _misfit {
    my ( $config, $question, $answer ) = @_;
    my $decision = $answer->{decision};
    return 'no decision' unless defined $decision && !ref $decision && $decision =~ /^(allow|deny)$/;
    for my $key (qw(item to)) {
        return "another $key"
            unless defined $answer->{$key} && !ref $answer->{$key} && $answer->{$key} eq $question->{$key};
    }
    my $policy = $answer->{policy};
    return 'no policy' unless ref $policy eq 'HASH' && ( $policy->{digest} || '' ) =~ /^[0-9a-f]{64}$/;
    return 'another policy' if defined $config->{policy} && ( $policy->{name} // '' ) ne $config->{policy};
    my $findings = $answer->{findings};
    return 'no findings' unless ref $findings eq 'ARRAY' && !grep { ref ne 'HASH' } @$findings;
    if ( $decision eq 'allow' ) {
        return 'an allow with a reason against it' if grep { ( $_->{severity} // 'block' ) eq 'block' } @$findings;
        return 'an allow without an end' unless ( $answer->{valid_until} || '' ) =~ /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;
    }
    return;
}

sub _token {
    my $config = shift;
    if ( my $file = $config->{token_file} ) {
        open my $from, '<', $file or return ( undef, 'the file of the token can\'t be read' );
        my $token = <$from>;
        $token = '' unless defined $token;
        $token =~ s/\s+//g;
        return length $token ? $token : ( undef, 'the file of the token is empty' );
    }
    if ( my $name = $config->{token_env} ) {
        return length( $ENV{$name} // '' ) ? $ENV{$name} : ( undef, 'the environment holds no token' );
    }
    return;
}

# The first line of an exception, without places in files.
sub _plain {
    my $text = shift // '';
    ($text) = split /\n/, "$text";
    $text = '' unless defined $text;
    $text =~ s/ at \S+ line \d+.*//;
    return length $text ? $text : 'unknown failure';
}

1;
