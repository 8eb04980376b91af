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
