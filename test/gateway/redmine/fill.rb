# Fills a new Redmine with people and issues that are invented: rails runner fill.rb REQUESTORS ISSUES STAFF.
# Prints one line a requestor: id, address, name, telephone, separated by tabs.
requestors, issues, staff = ARGV.last(3).map(&:to_i)

$stdout.sync = true
printed = $stdout.dup
$stdout.reopen(File::NULL)
Redmine::DefaultData::Loader.load('en')

FIRST = %w[Ada Bela Cora Dina Edda Fritz Gesa Hanno Ines Jonas Kaja Lasse Mira Nils Olga Pavel Quirin Rosa Sven Tilda]
LAST = %w[Amsel Birke Corvin Drossel Elster Falke Greif Habicht Ibis Jagdfalk]
PASSWORD = 'of-the-desk'

Setting['login_required'] = '1'
Setting['rest_api_enabled'] = '1'
Setting['jsonp_enabled'] = '0'
Setting['notified_events'] = []

phone = UserCustomField.create!(name: 'Phone', field_format: 'string', is_filter: true, visible: true)
order = IssueCustomField.create!(name: 'Reach me at', field_format: 'string', is_for_all: true, is_filter: true,
  searchable: true, tracker_ids: Tracker.pluck(:id))

def person(login, first, last, mail, **more)
  user = User.new(firstname: first, lastname: last, mail: mail, language: 'en', mail_notification: 'none', **more)
  user.login = login
  user.password = user.password_confirmation = PASSWORD
  user.save!
  user
end

admin = User.find_by_login('admin')
admin.password = admin.password_confirmation = PASSWORD
admin.must_change_passwd = false
admin.save!

project = Project.create!(name: 'Support', identifier: 'support',
  enabled_module_names: %w[issue_tracking time_tracking news documents files calendar gantt wiki], trackers: Tracker.all)
manager = Role.givable.sorted.first
# Who asks is no member, and sees the own issues.
Role.non_member.update!(issues_visibility: 'own', users_visibility: 'members_of_visible_projects',
  permissions: %i[view_issues add_issues add_issue_notes])
desk = (1..staff).map { |n| person("staff#{n}", 'Staff', "Member #{n}", "staff#{n}@example.net") }
desk.each { |one| Member.create!(principal: one, project: project, roles: [manager]) }

people = (0...requestors).map do |n|
  first, last = FIRST[n % 20], LAST[(n / 20) % 10]
  address = "#{first}.#{last}.#{n}@example.com".downcase
  number = format('555-01%02d', n % 100)
  user = person(address, first, "#{last} #{n}", address, custom_field_values: { phone.id => "#{number} x#{n}" })
  printed.puts [user.id, address, "#{first} #{last} #{n}", number].join("\t")
  { user: user, address: address, phone: number }
end

project = Project.find(project.id)
states = IssueStatus.sorted.to_a
trackers = project.trackers.to_a
priorities = IssuePriority.active.to_a
issues.times do |n|
  who = people[(n * 7) % requestors]
  User.current = who[:user]
  issue = Issue.new(project: project, author: who[:user], tracker: trackers[n % trackers.size], priority: priorities[n % priorities.size],
    subject: "Order #{n} of #{who[:address]} is late", description: "My order #{n} has not come. Call #{who[:phone]}.\n#{who[:address]}\n",
    custom_field_values: { order.id => who[:address] })
  issue.status = states[0]
  issue.assigned_to = desk[n % staff] if n % 3 > 0
  issue.save!
  (0..n % 3).each do |turn|
    from = turn.odd? ? who[:user] : desk[n % staff]
    User.current = from
    issue.reload.init_journal(from, "Message #{turn} on order #{n} of #{who[:address]}.")
    issue.status = states[(n % 5 > 2) ? 4 : 1] if turn.zero? && (n % 5 > 2 || n % 2 == 1)
    issue.save!
  end
end
