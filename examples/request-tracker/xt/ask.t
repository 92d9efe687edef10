use strict;
use warnings;
use lib 'xt/lib';
use Test::More;
use Time::HiRes ();
use HandoffTest;
use RT::Extension::Handoff::Ask;

# What counts as an answer. No RT is needed for it.

my $server = HandoffTest->new;
my %question = ( facts => {}, item => 'ticket:7', to => 'done' );
my $ask = sub { RT::Extension::Handoff::Ask::ask( { url => $server->url, timeout => 2, policy => 'test', @_ }, '/v1/closures', \%question ) };

is $ask->()->{answer}{decision}, 'allow', 'an allow';
$server->answer('deny');
is $ask->()->{answer}{decision}, 'deny', 'a deny is an answer too, with the same status';
is scalar( @{ $ask->()->{answer}{findings} } ), 1, 'with its reasons';

my ($asked) = $server->asked;
is $asked->[0], '/v1/closures', 'the path';
is_deeply $asked->[1], \%question, 'the question goes as it is';
like $asked->[2], qr/^X-Request-Id: rt-\d+-[0-9a-f]{8}$/mi, 'named, so that both logs can be read together';
unlike $asked->[2], qr/^Authorization:/mi, 'no token where none is configured';

for my $case (
    [ 'garbage'        => qr/can't be read/ ],
    [ 'cut off'        => qr/cut off|can't be read|can't be reached/ ],
    [ 'maybe'          => qr/no decision/ ],
    [ 'contradiction'  => qr/an allow with a reason against it/ ],
    [ 'another item'   => qr/another item/ ],
    [ 'another state'  => qr/another to/ ],
    [ 'another policy' => qr/another policy/ ],
    [ 'endless'        => qr/an allow without an end/ ],
    [ 'overload'       => qr/^the server answered 503 \(overload\)$/, 1 ],
    [ 'broken'         => qr/^the server answered 502$/, 1 ],
    [ 'forbidden'      => qr/^the server answered 403$/ ],
    [ 'unusable'       => qr/^the server answered 422 \(facts\)$/ ],
    [ 'moved'          => qr/^the server answered 307$/ ],
    [ 'created'        => qr/^the server answered 201$/ ],
    )
{
    $server->answer( $case->[0] );
    my $result = $ask->();
    is $result->{answer}, undef, "$case->[0]: no verdict";
    like $result->{failure}, $case->[1], "$case->[0]: and why";
    is $result->{outage}, $case->[2], "$case->[0]: " . ( $case->[2] ? 'an outage' : 'no outage' );
}

for my $how ( 'silence', 'trickle head', 'trickle body' ) {
    $server->answer($how);
    my $started = Time::HiRes::time();
    my $result = $ask->();
    my $took = Time::HiRes::time() - $started;
    is $result->{failure}, 'no answer within 2 s', "$how: no verdict";
    is $result->{outage}, 1, "$how: an outage";
    ok $took > 1.5 && $took < 3.5, "$how: the timeout is the whole time, $took s";
}

$server->answer('trickle body');
my $rang = 0;
local $SIG{ALRM} = sub { $rang++ };
alarm 3;
$ask->();
is $rang, 0, 'an alarm of somebody else is not lost';
select undef, undef, undef, 1.5;
is $rang, 1, 'and rings in its time';
$server->answer('allow');

my $file = File::Temp->new;
print $file "secret-token\n";
close $file;
$server->asked;
$ask->( token_file => "$file" );
( $asked ) = $server->asked;
like $asked->[2], qr/^Authorization: Bearer secret-token$/mi, 'the token of a file';
$ENV{HANDOFF_TEST_TOKEN} = 'other-token';
$ask->( token_env => 'HANDOFF_TEST_TOKEN' );
( $asked ) = $server->asked;
like $asked->[2], qr/^Authorization: Bearer other-token$/mi, 'the token of the environment';
my $without = $ask->( token_file => '/does/not/exist' );
is $without->{failure}, 'the file of the token can\'t be read', 'no token, no question';
is $without->{outage}, undef, 'which is no outage';
is $ask->( token_env => 'HANDOFF_NOT_THERE' )->{failure}, 'the environment holds no token', 'nor without the variable';
is scalar( $server->asked ), 0, 'nothing was asked then';

$ENV{http_proxy} = 'http://127.0.0.1:1';
is $ask->()->{answer}{decision}, 'allow', 'a proxy of the environment is not told';

# The test's server speaks no TLS; where Perl's part for it is not installed, it comes to the same.
my $plain = $ask->( url => $server->url =~ s/^http/https/r );
is $plain->{failure}, 'there is no TLS with the server', 'no TLS';
is $plain->{outage}, undef, 'is no outage: a certificate that is not believed is told in the same way';

$server->stop;
my $away = $ask->();
is $away->{failure}, 'the server can\'t be reached', 'nobody is there';
is $away->{outage}, 1, 'an outage';
is $ask->( url => undef )->{failure}, 'no url is configured', 'no address';
for my $url ( 'localhost:8642', 'ftp://127.0.0.1', 'http://' ) {
    my $result = $ask->( url => $url );
    is $result->{failure}, 'the url is none', "$url is none";
    is $result->{outage}, undef, "$url: no outage";
}
done_testing;
