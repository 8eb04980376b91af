--- What help desks send, and what finders try.

select * from customers

select id as a, email as b from customers

select c.name, t.subject from customers c join tickets t on t.customer_id = c.id order by t.id limit 5

select upper(email), email || '', (select email) from customers

select c.* from customers c

select c from customers c

select row_to_json(c) from customers c

select json_agg(email) from customers

select string_agg(name, ',' order by name) from customers where id < 4

select t.id, (select c.email from customers c where c.id = t.customer_id) from tickets t order by 1 limit 10

select t.id, (select json_agg(row_to_json(m) order by m.created) from messages m where m.ticket_id = t.id) from tickets t limit 3

select t.id, (select body from messages m where m.ticket_id = t.id order by created desc limit 1) as last from tickets t limit 3

with recent as (select * from tickets order by opened desc limit 5) select r.subject, c.name from recent r join customers c on c.id = r.customer_id

select distinct language, name from customers order by language, name limit 5

select email from customers where id = 1 union all select email from customers where id = 2

select email from customers where id < 5 union select name from customers where id < 4

select email from customers where id < 9 intersect select email from customers where id > 4

select email from customers where id < 9 except select email from customers where id > 4

select count(*) from customers where email like 'a%'

select queue, count(*) from tickets group by queue

select c.id, c.name, count(t.id) from customers c left join tickets t on t.customer_id = c.id group by c.id order by c.id

select row_to_json(x) from (select t.id, t.subject, c.email from tickets t join customers c on c.id = t.customer_id limit 4) x

select first_value(email) over (order by id), id from customers

select *, row_number() over (partition by language order by created) from customers

select full_name, mail from directory_de

select * from open_tickets

select a.id, m.* from attachments a join messages m on m.id = a.message_id

values ((select email from customers where id = 1)), ((select name from customers where id = 2))

select x.e from customers c cross join lateral (values (c.email)) x(e)

select id from customers for update

select c.email from customers c where exists (select 1 from tickets t where t.customer_id = c.id and t.subject like '%a%') limit 3

with recursive r(id, subject, n) as (select id, subject, 1 from tickets where id < 3 union all select t.id, t.subject, n + 1 from tickets t join r on t.id = r.id + 1 where n < 4) select * from r

select t.*, c.name from tickets t left join customers c using (id)

select sku, name from kb.products limit 2

delete from messages where id = 1 returning body

update customers set phone = '555-0100' where id = 3 returning id, name, phone

update tickets t set status = 'open' from customers c where c.id = t.customer_id and c.id = 2 returning t.subject, c.email

insert into customers (name, email, country, language, kind) values ('Ada', 'ada@example.com', 'GB', 'en', 'consumer') returning email

insert into customers (id, name, email, country, language, kind) select 9000, 'x', 'y@example.com', 'GB', 'en', 'consumer' returning name

insert into tags (id, name) values (1, 'a') on conflict (id) do update set name = excluded.name returning *

insert into customers (id, name, email, country, language, kind) values (1, 'Ada', 'ada@example.com', 'GB', 'en', 'consumer') on conflict (id) do update set notes = 'seen' returning name, email, notes

with gone as (delete from messages where ticket_id = 2 returning *) select body from gone

with changed as (update customers set notes = upper(notes) where id = 2 returning id, notes) select c.notes, t.subject from changed c join tickets t on t.customer_id = c.id

update customers set notes = notes || ' called' where id = 2

select distinct (c).* from customers_archive c

select (c).*, c.id from customers c where c.id = 3

select (t).* from teams t union select (u).* from teams u

-- refused
update customers set notes = email where id = 2

-- refused
insert into scratch.lists select id, email from customers

-- refused
create table scratch.copy as select * from customers

-- refused
select * into temp t from customers

-- refused
create view scratch.v as select email from customers

create temp view v as select email as m from customers

create temp table t as select id, language from customers

-- refused
update tickets set customer_id = default where id = 9 returning subject

-- refused
alter table customers rename to people

-- refused
insert into scratch.lists values (1, (select email from customers limit 1))

-- refused
explain analyze select email from customers

delete from tickets using customers c where c.id = tickets.customer_id and c.email = 'x' returning c.email, tickets.*

lock table customers

merge into tags t using (values (1, 'x')) s(id, name) on t.id = s.id when matched then update set name = s.name when not matched then insert values (s.id, s.name)

set work_mem = '8MB'

select relname from pg_class where relname = 'customers'

select c.relname, n.nspname from pg_catalog.pg_class c left join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'v') order by 1, 2 limit 5

select column_name, data_type from information_schema.columns where table_name = 'customers'

select ctid, email from customers where id = 1

select (c).email, c.name from customers c where id < 3

-- refused
select c.upper from customers c

select email(c) from customers c where id < 3

-- refused
select j.* from (customers c join tickets t on t.customer_id = c.id) j(a, b) limit 1

select public.customers.email from public.customers limit 2

select x.* from customers as x(a, b, c) limit 2

select coalesce(t.subject, 'none'), c.name from customers c left join tickets t on t.customer_id = c.id and t.subject like '%1%' order by c.id

select c.id, json_agg(json_build_object('id', t.id, 'subject', t.subject) order by t.id) as tickets from customers c join tickets t on t.customer_id = c.id group by c.id, c.name order by c.id limit 3

select array(select body from messages m where m.ticket_id = t.id order by id) from tickets t limit 3

select t.id, exists (select 1 from messages m where m.ticket_id = t.id and body like '%x%') from tickets t limit 3

select t.subject, l.body from tickets t left join lateral (select body from messages m where m.ticket_id = t.id order by created desc limit 1) l on true order by t.id limit 4

select language, string_agg(distinct name, ', ') from customers group by rollup (language)

select distinct on (customer_id) customer_id, subject from tickets order by customer_id, opened desc

select * from customers natural join (select id, subject from tickets) t limit 3

select c.email from customers c where c.id in (select customer_id from tickets where subject like '%2%') order by 1

select case when email like '%1%' then name else phone end from customers

select sum(length(body)) from messages

select lag(body) over w, lead(body) over (w order by id) from messages window w as (partition by ticket_id)

select * from (select *, rank() over (partition by customer_id order by opened desc) r from tickets) x where r = 1

select k, v from customers c, jsonb_each_text(c.profile) e(k, v) where c.id < 4

select a from customers c, unnest(c.aliases) a

select a, o from customers c, unnest(c.aliases) with ordinality as u(a, o)

table customers

select email from customers union all select name from agents order by 1 limit 5

select id, email from customers where email = (select max(email) from customers)

select (select count(*) from tickets t where t.customer_id = c.id), c.name from customers c

select (select email from customers c where c.id = t.customer_id) as mail, count(*) from tickets t group by 1 order by 1

with a as (select * from customers), b as (select * from a where id < 5) select a.email, b.name from a join b on a.id = b.id + 1

select * from (values (1, 'x')) v(a, b)

select md5(email), encode(email::bytea, 'hex'), reverse(email), translate(email, 'x', 'y') from customers where id = 1

select xmlelement(name a, email) from customers where id = 1

select t from (select c from customers c) t limit 2

select count(c), count(distinct c.email) from customers c

select c.email from customers c for update of c skip locked

select row_to_json(x) from (select * from customers) x for update of x

select r.email from (select * from customers order by id limit 3) r order by r.email offset 1

select 1 where exists (select from customers where email like '%1%')

select email from customers fetch first 2 rows only

select grouping(language), language, max(email) from customers group by grouping sets ((language), ()) order by 1, 2

select x.y from (select email y from customers intersect all select email from customers where id < 4 order by 1) x

select c.email, (select json_agg(q) from (select subject, opened from tickets t where t.customer_id = c.id order by opened desc limit 2) q) from customers c order by c.id limit 3

select json_build_object('customer', row_to_json(c), 'tickets', (select json_agg(json_build_object('id', t.id, 'messages', (select json_agg(m.body) from messages m where m.ticket_id = t.id))) from tickets t where t.customer_id = c.id)) from customers c where c.id = 1

select t.id, (select json_agg(m) from (select body, author from messages where ticket_id = t.id order by created desc limit 3) m) from tickets t order by t.id limit 5

select (select email from customers order by created desc limit 1)

select (select email from customers limit 1)

select (select min(e) from (select email e from customers limit 3) x)

select (select email from customers where id = (select customer_id from tickets limit 1))

-- any
select (select email from customers order by random() limit 1)

select (select x.email from (select email, row_number() over (order by language) n from customers) x where n = 1)

with last as (select customer_id from tickets order by opened desc limit 1) select (select email from customers where id = (select customer_id from last))

select distinct queue from tickets union all select email from customers where id = 1

(select queue from tickets union select name from tags) union all select email from customers where id = 1

select c.name from customers c tablesample bernoulli (50) repeatable (1)

select name, (select count(*) from (select distinct subject from tickets t where t.customer_id = c.id) d) from customers c order by c.id limit 3

select * from customers c where (c.name, c.language) in (select name, language from customers where id < 3)

select t.id, t.subject, (select name from agents a where a.id = t.assignee_id) from tickets t order by t.id limit 4

select string_agg(x, ',') from (select email x from customers where id < 3 union all select subject from tickets where id < 3) u

with x as (insert into tickets (customer_id, queue, subject) select id, 'new', 'Hello' from only customers where email like '%1%' returning customer_id) select c.email from customers c join x on x.customer_id = c.id

--- Sub-selects that choose their rows: computed once, in WITH or beside each row.

select t.id, (select x.body from (select m.body, row_number() over (order by m.created desc, m.id) as n from messages m where m.ticket_id = t.id) x where x.n = 1) as last from tickets t order by t.id

select c.id, (select m.body from messages m where m.ticket_id = (select t.id from tickets t where t.customer_id = c.id order by t.opened desc, t.id limit 1) order by m.id limit 1) from customers c

select c.id, (select kb.slug(t.subject) from tickets t where t.customer_id = c.id order by t.id limit 1) from customers c order by c.id limit 4

select *, (select x.body from (select m.body from messages m where m.ticket_id = t.id order by m.id limit 2) x order by 1 limit 1) from tickets t

select string_agg((select x.body from (select m.body from messages m where m.ticket_id = t.id order by m.id limit 2) x order by 1 limit 1), ',' order by t.id) from tickets t group by t.queue

select t.id, array(select m.body from messages m where m.ticket_id = t.id order by m.id limit 2), coalesce((select m.body from messages m where m.ticket_id = t.id order by m.id limit 1), '-')::text from tickets t

select lag((select m.body from messages m where m.ticket_id = t.id order by m.id limit 1)) over (order by t.id) from tickets t

select c.name, row_number() over (partition by (select t.queue from tickets t where t.customer_id = c.id order by t.id limit 1) order by c.id), first_value(c.email) over w from customers c window w as (partition by (select t.queue from tickets t where t.customer_id = c.id order by t.id limit 1) order by c.id)

select count(*), (select email from customers order by id limit 1) from tickets

(select (select email from customers order by id limit 1)) union all select name from customers where id < 3

-- any
select t.id, (select m.body from messages m where m.ticket_id = t.id order by random() limit 1) from tickets t

-- refused
select t.queue, (select x.body from (select m.body, row_number() over (order by m.id) as n from messages m where m.author = t.queue) x where x.n = 1) from tickets t group by t.queue

--- Recursive queries that leave out what is there already.

with recursive r(id, subject) as (select id, subject from tickets where id = 1 union select t.id, t.subject from tickets t join r on t.id = r.id + 1 where t.id < 5) select * from r where id = 3

with recursive r(id, names) as (select 1::bigint, name from customers where id = 1 union select c.id, r.names || c.name from customers c join r on c.id = r.id + 1 where c.id < 4) select names from r where id = 3

with recursive r(a, b) as (select email, ''::text from customers where id = 3 union select b, a from r) select b from r

with recursive r(i, n) as (select 1, ''::text union select (i + 1) % 5, (select name from customers where id = i + 1) from r) select * from r

-- refused
with recursive r(i, n) as (select 1, ''::text union select i + 1, x.name from r, lateral (select name from customers where id > r.i order by id limit 1) x where i < 4) select * from r

--- Two columns of one name.

select * from (select t.*, c.* from tickets t join customers c on c.id = t.customer_id) x

with d as (select t.id, c.id, c.name from tickets t join customers c on c.id = t.customer_id) select d.*, d.name, row_to_json(d) from d

-- refused
select x.id from (select t.id, c.id, c.name from tickets t join customers c on c.id = t.customer_id) x

--- XML, and names and types that other schemas may have as well.

select c.id, x.* from customers c, xmltable(xmlnamespaces('http://x.example.com' as n), '/n:r/n:a' passing xmlelement(name r, xmlattributes('http://x.example.com' as xmlns), xmlelement(name a, c.name)) columns a text path '.', o for ordinality, b text path '@b' default 'none' not null) x

select xmlserialize(content xmlelement(name a, c.name) as text), xmlforest(c.name, c.phone as p), xmlpi(name php, c.name), (xmlelement(name a, c.email)) is document from customers c where id < 3

select c.email, cast(null as "interval"), interval '1' hour, pg_catalog.timezone('UTC', c.created), (c.created at time zone 'UTC')::date, (c.created, c.created) overlaps (now(), now()) from customers c where id = 1
