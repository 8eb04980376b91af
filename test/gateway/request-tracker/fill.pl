# Fills a new Request Tracker with people and tickets that are invented: perl fill.pl REQUESTORS TICKETS STAFF.
# Prints one line a requestor: id, address, name, telephone, separated by tabs.
use strict;
use warnings;
use lib '/usr/share/request-tracker5/lib';
use RT;
RT::LoadConfig();
RT::Init();

my ($requestors, $tickets, $staff) = @ARGV;
my $system = RT->SystemUser;
my @first = qw(Ada Bela Cora Dina Edda Fritz Gesa Hanno Ines Jonas Kaja Lasse Mira Nils Olga Pavel Quirin Rosa Sven Tilda);
my @last = qw(Amsel Birke Corvin Drossel Elster Falke Greif Habicht Ibis Jagdfalk);

# Scrips notify people by mail: of what is invented nobody is notified.
{ no warnings; *RT::Scrips::Apply = *RT::Scrips::Prepare = *RT::Scrips::Commit = sub { 1 }; }

sub make {
    my ($object, %with) = @_;
    my ($id, @said) = $object->Create(%with);
    die "@said" unless $id;
    return $object;
}

my @staff = map {
    make(RT::User->new($system), Name => "staff$_", Password => 'of-the-desk', EmailAddress => "staff$_\@example.net",
        RealName => "Staff Member $_", Privileged => 1)
} 1 .. $staff;

my $privileged = RT::Group->new($system);
$privileged->LoadSystemInternalGroup('Privileged');
my $queue = RT::Queue->new($system);
$queue->Load('General');
$privileged->PrincipalObj->GrantRight(Right => $_, Object => $queue)
    for qw(SeeQueue ShowTicket ShowTicketComments CreateTicket ReplyToTicket CommentOnTicket ModifyTicket OwnTicket TakeTicket ForwardMessage);
$privileged->PrincipalObj->GrantRight(Right => $_, Object => $RT::System)
    for qw(ModifySelf ShowSavedSearches LoadSavedSearch SeeDashboard);

my @people = map {
    my ($first, $last) = ($first[$_ % 20], $last[($_ / 20) % 10]);
    my $address = lc "$first.$last.$_\@example.com";
    my $phone = sprintf '555-01%02d', $_ % 100;
    my $user = make(RT::User->new($system), Name => $address, EmailAddress => $address, RealName => "$first $last $_",
        Privileged => 0, WorkPhone => $phone, HomePhone => "$phone x$_", Address1 => "$_ Example Street", City => 'Exampleton');
    print join("\t", $user->Id, $address, "$first $last $_", $phone), "\n";
    { address => $address, phone => $phone };
} 0 .. $requestors - 1;

sub message {
    my ($from, $subject, @lines) = @_;
    return MIME::Entity->build(Type => 'text/plain', Charset => 'UTF-8', From => $from, Subject => $subject, Data => \@lines);
}

for my $n (0 .. $tickets - 1) {
    my ($who, $also) = map { $people[$_ % $requestors] } $n * 7, $n * 7 + 3;
    my $subject = "Order $n of $who->{address} is late";
    my $ticket = RT::Ticket->new($system);
    make($ticket, Queue => $queue->Id, Subject => $subject, Status => $n % 5 ? 'open' : 'new',
        # Every tenth ticket is of two people.
        Requestor => [$who->{address}, $n % 10 ? () : $also->{address}],
        Owner => $n % 3 ? $staff[$n % $staff]->Id : RT->Nobody->Id,
        MIMEObj => message($who->{address}, $subject, "My order $n has not come. Call $who->{phone}.\n", "$who->{address}\n"));
    for my $turn (0 .. $n % 3) {
        my $from = $turn % 2 ? $who->{address} : $staff[$n % $staff]->EmailAddress;
        $ticket->Correspond(MIMEObj => message($from, $subject, "Message $turn on order $n of $who->{address}.\n"));
    }
    $ticket->SetStatus($n % 5 == 3 ? 'stalled' : 'resolved') if $n % 5 > 2;
}
