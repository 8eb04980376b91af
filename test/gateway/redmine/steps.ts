import type { Page } from "playwright-core";
import { open, type Step, submit } from "../helpdesk/pages.ts";

const issues = "/projects/support/issues";

/** A list of issues by one filter, as the filters' form asks for it. */
function filtered(field: string, operator: string, ...values: readonly string[]): string {
  const asked = new URLSearchParams([
    ["set_filter", "1"],
    ["f[]", field],
    [`op[${field}]`, operator],
    ...values.map((value): [string, string] => [`v[${field}][]`, value]),
    ...["id", "subject", "author", "assigned_to", "status", "updated_on"].map((name): [string, string] => [
      "c[]",
      name,
    ]),
  ]);
  return `${issues}?${asked.toString()}`;
}

function logIn(user: string): Step {
  return {
    name: `log in as ${user}`,
    act: async (page, url) => {
      await page.goto(`${url}/login`);
      await page.fill("#username", user);
      await page.fill("#password", "of-the-desk");
      await submit(page, "#login-submit");
    },
  };
}

/** Redmine's REST interface takes no browser's session. */
function rest(path: string, user: string): Step["act"] {
  const authorization = `Basic ${Buffer.from(`${user}:of-the-desk`).toString("base64")}`;
  return (page, url) => page.request.get(url + path, { headers: { authorization } });
}

async function answerTo(page: Page, url: string, issue: number): Promise<void> {
  await page.goto(`${url}/issues/${issue}/edit`);
  await page.locator("#issue_notes").first().fill("We have found the parcel.");
  await submit(page, "#issue-form input[type=submit][name=commit]");
}

/** What every support person does all day. */
export const coreSteps: readonly Step[] = [
  logIn("staff1"),
  { name: "list of open issues", act: open(`${issues}?set_filter=1`) },
  {
    name: "next page of the list",
    act: open(`${issues}?set_filter=1&page=2&per_page=25&sort=updated_on:desc`),
  },
  {
    name: "open an issue from the list",
    act: async (page, url) => {
      await page.goto(`${url}${issues}?set_filter=1`);
      await Promise.all([
        page.waitForNavigation(),
        page.locator("table.issues td.subject a").first().click(),
      ]);
    },
  },
  { name: "issue with its history", act: open("/issues/12?tab=history") },
  {
    name: "search for a word",
    act: async (page, url) => {
      await page.goto(`${url}/projects/support`);
      await page.fill("#q", "late");
      await Promise.all([page.waitForNavigation(), page.locator("#q").press("Enter")]);
    },
  },
  { name: "reply", act: (page, url) => answerTo(page, url, 12) },
  {
    name: "change status, assignee and subject",
    act: async (page, url) => {
      await page.goto(`${url}/issues/8/edit`);
      await page.locator("#issue_subject").fill("Order 7, changed");
      await page.locator("#issue_assigned_to_id").selectOption({ index: 2 });
      await page.locator("#issue_notes").first().fill("Over to you.");
      await submit(page, "#issue-form input[type=submit][name=commit]");
    },
  },
];

/** What else they do in a week; `requestor`: `users.id` of one. */
export function moreSteps(requestor: string): readonly Step[] {
  return [
    { name: "issues of a requestor", act: open(filtered("author_id", "=", requestor)) },
    { name: "issues by subject", act: open(filtered("subject", "~", "ada.")) },
    { name: "issues by a custom field", act: open(filtered("cf_2", "~", "ada.")) },
    { name: "issues without an assignee", act: open(filtered("assigned_to_id", "!*")) },
    { name: "issues updated this month", act: open(filtered("updated_on", "m")) },
    { name: "issues by text anywhere", act: open(filtered("any_searchable", "~", "parcel")) },
    { name: "issues grouped by author", act: open(`${issues}?set_filter=1&group_by=author&sort=author,id`) },
    {
      name: "issues with their last notes",
      act: open(`${issues}?set_filter=1&c[]=subject&c[]=last_notes&c[]=description&c[]=cf_2`),
    },
    { name: "search by address", act: open("/search?q=cora.amsel.2%40example.com&issues=1") },
    { name: "search for a number", act: open("/search?q=Order+17") },
    {
      name: "comment in private",
      act: async (page, url) => {
        await page.goto(`${url}/issues/14/edit`);
        await page.locator("#issue_notes").first().fill("Ask the carrier again.");
        await page.locator("#issue_private_notes").check();
        await submit(page, "#issue-form input[type=submit][name=commit]");
      },
    },
    {
      name: "new issue",
      act: async (page, url) => {
        await page.goto(`${url}${issues}/new`);
        await page.fill("#issue_subject", "A parcel without a name");
        await page.fill("#issue_description", "Somebody found it at the door.");
        await submit(page, "#issue-form input[name=commit]");
      },
    },
    { name: "copy form", act: open(`/projects/support/issues/9/copy`) },
    { name: "bulk edit form", act: open("/issues/bulk_edit?ids[]=3&ids[]=4&ids[]=5") },
    { name: "context menu", act: open("/issues/context_menu?ids[]=6&ids[]=7") },
    { name: "complete an issue", act: open("/issues/auto_complete?term=order+1&project_id=support") },
    {
      name: "watchers to choose",
      act: async (page, url) => {
        await page.goto(`${url}/issues/10`);
        await page.locator("#watchers .contextual a").first().click();
        const found = page.waitForResponse(/autocomplete_for_user/);
        await page.locator("#user_search").fill("hanno");
        await (await found).finished();
      },
    },
    {
      name: "complete a watcher",
      act: open("/watchers/autocomplete_for_user?object_type=issue&object_id=10&q=hanno&project_id=support"),
    },
    {
      name: "complete a mention",
      act: open(
        "/watchers/autocomplete_for_mention?object_type=issue&object_id=10&q=edda&project_id=support",
      ),
    },
  ];
}

/** What they look at besides single issues; `requestor`: `users.id` of one. */
export function reportSteps(requestor: string): readonly Step[] {
  return [
    { name: "log time", act: open("/issues/11/time_entries/new") },
    { name: "spent time", act: open("/projects/support/time_entries") },
    { name: "summary", act: open("/projects/support/issues/report") },
    { name: "summary by author", act: open("/projects/support/issues/report/author") },
    { name: "overview", act: open("/projects/support") },
    { name: "activity", act: open("/projects/support/activity") },
    { name: "calendar", act: open("/projects/support/issues/calendar") },
    { name: "gantt", act: open("/projects/support/issues/gantt") },
    { name: "roadmap", act: open("/projects/support/roadmap") },
    { name: "my page", act: open("/my/page") },
    { name: "my account", act: open("/my/account") },
    { name: "a requestor's profile", act: open(`/users/${requestor}`) },
    {
      name: "table for a spreadsheet",
      act: (page, url) => page.request.get(`${url}${issues}.csv?set_filter=1&c[]=id&c[]=subject&c[]=author`),
    },
    { name: "feed", act: (page, url) => page.request.get(`${url}${issues}.atom`) },
    { name: "issues over REST", act: rest(`${issues}.json?limit=20`, "staff1") },
    {
      name: "an issue over REST",
      act: rest("/issues/16.json?include=journals,watchers,children", "staff1"),
    },
    {
      name: "members over REST",
      act: rest("/projects/support/memberships.json", "staff1"),
    },
  ];
}

/** What who runs the desk does; `requestor`: `users.id` of one. */
export function adminSteps(requestor: string): readonly Step[] {
  return [
    {
      name: "log out",
      act: async (page, url) => {
        await page.goto(url);
        await submit(page, "a.logout");
      },
    },
    logIn("admin"),
    { name: "users of the desk", act: open("/users") },
    { name: "users found", act: open("/users?status=1&name=ines") },
    { name: "a user's form", act: open(`/users/${requestor}/edit`) },
    { name: "members of the project", act: open("/projects/support/settings/members") },
    { name: "users over REST", act: rest("/users.json?name=jonas", "admin") },
    {
      name: "a new member to choose",
      act: async (page, url) => {
        await page.goto(`${url}/projects/support/settings/members`);
        await page.locator("#tab-content-members a.icon-add").first().click();
        await page.locator("#principal_search").fill("rosa");
        await page.locator("#principals_for_new_member", { hasText: "Rosa" }).waitFor();
      },
    },
    { name: "groups", act: open("/groups") },
    { name: "settings", act: open("/settings") },
  ];
}
