use strict;
use warnings;
use utf8;
use Test::More;
use RT::Extension::Handoff::Tell;

# What people read: whole, in order, and harmless.

my $answer = {
    item => 'ticket:7',
    findings => [
        { severity => 'block', item => 'ticket:7', message => 'nobody has approved', remedy => 'have it approved', responsible => [ 'manager', 'lead' ], sop => 'SOP-1#2' },
        { severity => 'block', item => 'asset:asset-3', message => "lena still holds asset-3:\n- it stands in\x{202e} their name", remedy => 'collect it', responsible => ['desk'] },
        { severity => 'block', item => 'ticket:7', code => 'no-alternative-met', message => 'none of the alternatives is met', found => 'a: no / b: no', remedy => undef, responsible => [] },
        { severity => 'warn', item => 'ticket:7', message => 'soon to be asked for', remedy => 'do it now', responsible => [] },
    ],
};
my %with = ( item => 'ticket:7', status => 'resolved', names => { 'asset:asset-3' => qq(<script>"x"</script>\n  -> nobody: nothing) }, groups => { desk => 'Service & desk' } );
my $text = RT::Extension::Handoff::Tell::refusal( $answer, %with );
is $text, <<'X' =~ s/\n\z//r, 'as text, one line for each thing';
Handoff refused "resolved" for ticket #7: 3 reasons
- nobody has approved
  -> manager or lead: have it approved (SOP-1#2)
- asset #3 (<script>"x"</script> -> nobody: nothing): lena still holds asset #3: - it stands in their name
  -> Service & desk: collect it
- none of the alternatives is met (a: no / b: no)
X
is RT::Extension::Handoff::Tell::notes( $answer, %with ), "Handoff allowed it, and notes:\n- soon to be asked for\n  -> do it now", 'what is only noted';

my $html = RT::Extension::Handoff::Tell::html( "Ticket test: $text", '/rt' );
unlike $html, qr/<script/, 'no tag of a record survives';
like $html, qr{&lt;script&gt;&quot;x&quot;&lt;/script&gt;}, 'it is shown instead';
like $html, qr{<a href="/rt/Asset/Display\.html\?id=3">asset #3</a>}, 'assets are linked';
is scalar( () = $html =~ /<li>/g ), 3, 'one entry for each reason';
like $html, qr{<b>Service &amp; desk:</b> collect it}, 'who has to act';
is RT::Extension::Handoff::Tell::html('Status changed from new to open'), undef, 'other messages stay as they are';
is RT::Extension::Handoff::Tell::html( \'a reference' ), undef, 'and so do references';
my $silent = RT::Extension::Handoff::Tell::html( RT::Extension::Handoff::Tell::no_verdict( 'ticket:7', 'resolved', 'nobody <there>', 'rt-1', names => {} ), '' );
like $silent, qr/handoff-silent.*nobody &lt;there&gt;.*request rt-1/s, 'no verdict';
done_testing;
