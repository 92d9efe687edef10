package RT::Extension::Handoff::Tell;

# Writes a refusal down for people: as plain text, which every way into RT shows as it is, and out of that text as HTML.

use strict;
use warnings;

# What nobody sees or what turns the direction of writing has no business in a message, and a line break would start another reason.
sub _line {
    my $text = shift // '';
    $text =~ s/[\p{Cc}\p{Cf}\s]+/ /g;
    $text =~ s/^ | $//g;
    return $text;
}

# What a person calls an item of the facts, by its name in RT where there is one.
sub _called {
    my ( $item, $names ) = @_;
    return '' unless defined $item;
    return "asset #$1" . ( length $names->{$item} ? ' (' . _line( $names->{$item} ) . ')' : '' ) if $item =~ /^asset:asset-(\d+)$/;
    return "ticket #$1" if $item =~ /^ticket:(\d+)$/;
    return 'the new ' . ( $item =~ /^asset/ ? 'asset' : 'ticket' ) if $item =~ /^(?:asset:asset-|ticket:)new$/;
    return _line($item);
}

# names: what RT calls the assets, by item; groups: which groups of RT hold a role of the policy.
sub refusal {
    my ( $answer, %with ) = @_;
    my @findings = grep { ( $_->{severity} // 'block' ) eq 'block' } @{ $answer->{findings} };
    my @lines = sprintf 'Handoff refused "%s" for %s: %s', _line( $with{status} ), _called( $answer->{item}, $with{names} ),
        @findings == 1 ? 'one reason' : @findings . ' reasons';
    push @lines, _finding( $_, %with ) for @findings;
    push @lines, 'Refused, and no reason was given.' unless @findings;
    return join "\n", @lines;
}

# What is allowed, and has to be followed up or known all the same.
sub notes {
    my ( $answer, %with ) = @_;
    my @findings = grep { ( $_->{severity} // '' ) eq 'warn' } @{ $answer->{findings} };
    return @findings ? join "\n", 'Handoff allowed it, and notes:', map { _finding( $_, %with ) } @findings : '';
}

sub no_verdict {
    my ( $item, $status, $why, $request, %with ) = @_;
    return join "\n", sprintf( 'Handoff gave no verdict on "%s" for %s: %s', _line($status), _called( $item, $with{names} ), _line($why) ),
        '- Without a verdict nothing changes state.',
        '  -> you: try again in a moment, and tell your administrator if it stays so' . ( $request ? " (request $request)" : '' );
}

# A refusal that RT's side gives by itself, because the question can't be put.
sub impossible {
    my ( $item, $status, $why, $remedy ) = @_;
    return join "\n", sprintf( 'Handoff refused "%s" for %s: one reason', _line($status), _called( $item, {} ) ), '- ' . _line($why),
        '  -> ' . _line($remedy);
}

sub _finding {
    my ( $finding, %with ) = @_;
    my $who = join ' or ', map { _line( $with{groups}{$_} // $_ ) } grep { defined && !ref } @{ ref $finding->{responsible} eq 'ARRAY' ? $finding->{responsible} : [] };
    my $where = ( $finding->{item} // '' ) eq ( $with{item} // '' ) ? '' : _called( $finding->{item}, $with{names} );
    my $message = _line( $finding->{message} );
    $message =~ s/\basset-(\d+)\b/asset #$1/g;    # as RT calls it

    # Where alternatives are missing, or a step is none, the message alone does not help.
    my $code = $finding->{code} // '';
    my $more = $code eq 'no-alternative-met' ? _line( $finding->{found} )
        : $code eq 'no-such-transition' && length( $finding->{expected} // '' ) ? 'next: ' . _line( $finding->{expected} )
        : '';
    my @lines = '- ' . ( length $where ? "$where: " : '' ) . $message . ( length $more ? " ($more)" : '' );
    my $remedy = _line( $finding->{remedy} );
    $remedy .= ' (' . _line( $finding->{sop} ) . ')' if defined $finding->{sop} && length $remedy;
    push @lines, '  -> ' . join ': ', grep { length } $who, $remedy if length "$who$remedy";
    return @lines;
}

# ------------------------------------------------------------------------------------------------------------------------ as HTML

my %ESCAPED = ( '&' => '&amp;', '<' => '&lt;', '>' => '&gt;', '"' => '&quot;', q(') => '&#39;' );

sub escaped {
    my $text = shift;
    $text =~ s/([&<>"'])/$ESCAPED{$1}/g;
    return $text;
}

# HTML of a message of this plugin, or nothing where the text is another. All of the text is escaped; only the frame is ours.
sub html {
    my ( $text, $base ) = @_;
    return unless defined $text && !ref $text;
    my ( $before, $head, $rest ) = $text =~ /\A(.*?)(Handoff (?:refused|gave no verdict|allowed it)[^\n]*)\n(.*)\z/s or return;
    my $tone = $head =~ /^Handoff refused/ ? 'refused' : $head =~ /no verdict/ ? 'silent' : 'noted';
    my @items;
    my $after = '';
    for my $line ( split /\n/, $rest ) {
        if    ( $line =~ /^- (.*)/ )                { push @items, { reason => $1, remedies => [] } }
        elsif ( $line =~ /^  -> (.*)/ && @items )   { push @{ $items[-1]{remedies} }, $1 }
        elsif ( $line =~ /^  -> (.*)/ || $line =~ /(.+)/ ) { $after .= '<p>' . escaped($1) . '</p>' }
    }
    my $list = join '', map {
        '<li><span class="handoff-reason">' . _linked( $_->{reason}, $base ) . '</span>'
            . join( '', map { '<span class="handoff-remedy">' . _remedy($_) . '</span>' } @{ $_->{remedies} } ) . '</li>'
    } @items;
    $before = '' if $before =~ /^(?:Ticket|Asset) [^\n]*: $/ && $before !~ /\n/ && $head =~ /#\d+/;
    return ( length $before ? '<p>' . escaped($before) . '</p>' : '' )
        . qq(<div class="handoff handoff-$tone" role="alert"><p class="handoff-head">) . _linked( $head, $base ) . "</p><ol>$list</ol>$after</div>";
}

sub _remedy {
    my ( $who, $what ) = $_[0] =~ /^([^:]{1,80}): (.*)/ ? ( $1, $2 ) : ( '', $_[0] );
    return ( length $who ? '<b>' . escaped($who) . ':</b> ' : '' ) . escaped($what);
}

sub _linked {
    my ( $text, $base ) = @_;
    my $html = escaped($text);
    $base = escaped( $base // '' );
    $html =~ s{\b(asset) #(\d+)}{<a href="$base/Asset/Display.html?id=$2">asset #$2</a>}g;
    $html =~ s{\b(ticket) #(\d+)}{<a href="$base/Ticket/Display.html?id=$2">ticket #$2</a>}g;
    return $html;
}

1;
