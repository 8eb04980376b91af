import type { Page } from "playwright-core";

import { open, type Step, submit } from "../helpdesk/pages.ts";

function logIn(user: string, password: string): Step {
  return {
    name: `log in as ${user}`,
    act: async (page, url) => {
      await page.goto(url);
      await page.fill("input[name=user]", user);
      await page.fill("input[name=pass]", password);
      await submit(page, "form[name=login] [type=submit]");
    },
  };
}

async function write(page: Page, text: string): Promise<void> {
  const editor = page.locator("textarea[name=UpdateContent]");
  // The editor, where there is one, is a frame over a hidden field.
  await page.evaluate(
    ([value]) => {
      const { CKEDITOR } = globalThis as {
        CKEDITOR?: { instances: Record<string, { setData: (text: string) => void }> };
      };
      for (const one of Object.values(CKEDITOR?.instances ?? {})) one.setData(value ?? "");
    },
    [text],
  );
  if (await editor.isVisible()) await editor.fill(text);
}

const query = (text: string): string => `/Search/Results.html?Query=${encodeURIComponent(text)}`;

/** What every support person does all day. */
export const coreSteps: readonly Step[] = [
  logIn("staff1", "of-the-desk"),
  { name: "list of open tickets", act: open(query("Status = 'open'")) },
  {
    name: "next page of the list",
    act: open(`${query("Status = 'open'")}&Page=2&Rows=20&OrderBy=Created&Order=DESC`),
  },
  {
    name: "open a ticket from the list",
    act: async (page) =>
      Promise.all([
        page.waitForNavigation(),
        page.locator("table.ticket-list a[href*='Ticket/Display.html']").first().click(),
      ]),
  },
  { name: "ticket of two people", act: open("/Ticket/Display.html?id=11") },
  { name: "ticket's history", act: open("/Ticket/History.html?id=12") },
  {
    name: "search for a word",
    act: async (page) => {
      await page.fill("#simple-search input[name=q], input[name=q]", "late");
      await Promise.all([page.waitForNavigation(), page.locator("input[name=q]").first().press("Enter")]);
    },
  },
  {
    name: "reply",
    act: async (page, url) => {
      await page.goto(`${url}/Ticket/Update.html?id=12&Action=Respond`);
      await page.waitForLoadState("load");
      await write(page, "We have found the parcel.");
      await submit(page, "input[name=SubmitTicket]");
    },
  },
  { name: "take a ticket", act: open("/Ticket/Display.html?id=4&Action=Take") },
];

/** What else they do in a week. */
export const moreSteps: readonly Step[] = [
  { name: "tickets of a requestor", act: open(query("Requestor.EmailAddress LIKE 'ada.'")) },
  { name: "tickets by content", act: open(query("Content LIKE 'parcel'")) },
  {
    name: "tickets by requestor's name, ordered by requestor",
    act: open(`${query("Requestor.RealName LIKE 'Bela'")}&OrderBy=Requestor.EmailAddress&Order=ASC`),
  },
  { name: "tickets without an owner", act: open(query("Owner = 'Nobody' AND Status = '__Active__'")) },
  {
    name: "tickets updated this month",
    act: open(query("LastUpdated > '1 month ago' AND Subject LIKE 'Order 1'")),
  },
  {
    name: "tickets linked to others",
    act: open(query("HasMember IS NULL AND Requestor.City = 'Exampleton' AND id < 9")),
  },
  { name: "search by address", act: open("/Search/Simple.html?q=cora.amsel.2%40example.com") },
  { name: "query builder", act: open(`/Search/Build.html?Query=${encodeURIComponent("Status = 'open'")}`) },
  { name: "bulk update form", act: open(`/Search/Bulk.html?Query=${encodeURIComponent("id < 6")}`) },
  {
    name: "chart by requestor",
    act: open(
      `/Search/Chart.html?Query=${encodeURIComponent("id > 0")}&GroupBy=Requestor.Name&ChartFunction=COUNT`,
    ),
  },
  {
    name: "chart by status",
    act: open(`/Search/Chart.html?Query=${encodeURIComponent("id > 0")}&GroupBy=Status&ChartFunction=COUNT`),
  },
  {
    name: "chart by month",
    act: open(
      `/Search/Chart.html?Query=${encodeURIComponent("id > 0")}&GroupBy=Created.Monthly&ChartFunction=${encodeURIComponent("AVG(Created to LastUpdated)")}`,
    ),
  },
  {
    name: "comment",
    act: async (page, url) => {
      await page.goto(`${url}/Ticket/Update.html?id=14&Action=Comment`);
      await page.waitForLoadState("load");
      await write(page, "Ask the carrier again.");
      await submit(page, "input[name=SubmitTicket]");
    },
  },
  { name: "basics form", act: open("/Ticket/Modify.html?id=13") },
  {
    name: "change status and subject",
    act: async (page, url) => {
      await page.goto(`${url}/Ticket/Modify.html?id=13`);
      await page.fill("input[name=Subject]", "Order 12, changed");
      await submit(page, "input[name=SubmitTicket]");
    },
  },
  { name: "people form", act: open("/Ticket/ModifyPeople.html?id=13") },
  {
    name: "search for people to add",
    act: open(
      "/Ticket/ModifyPeople.html?id=13&UserField=EmailAddress&UserOp=LIKE&UserString=edda&OnlySearchForPeople=1",
    ),
  },
  {
    name: "add a requestor",
    act: open(
      "/Ticket/ModifyPeople.html?id=13&WatcherTypeEmail1=Requestor&WatcherAddressEmail1=fritz.amsel.5%40example.com&SubmitTicket=1",
    ),
  },
  { name: "everything form", act: open("/Ticket/ModifyAll.html?id=15") },
  { name: "dates form", act: open("/Ticket/ModifyDates.html?id=15") },
  { name: "links form", act: open("/Ticket/ModifyLinks.html?id=15") },
  { name: "forward form", act: open("/Ticket/Forward.html?id=15") },
  { name: "reminders", act: open("/Ticket/Reminders.html?id=15") },
  { name: "create form", act: open("/Ticket/Create.html?Queue=1") },
  {
    name: "create a ticket",
    act: async (page, url) => {
      await page.goto(`${url}/Ticket/Create.html?Queue=1`);
      await page.waitForLoadState("load");
      await page.locator("#Requestors-selectized").click();
      await page.keyboard.type("gesa.amsel.6@");
      await page
        .locator(".selectize-dropdown-content [data-selectable]", { hasText: "gesa.amsel.6@example.com" })
        .first()
        .click();
      await page.fill("input[name=Subject]", "A new order of gesa.amsel.6@example.com");
      await submit(page, "input[name=SubmitTicket]");
    },
  },
  { name: "complete an address", act: open("/Helpers/Autocomplete/Users?term=hanno&return=EmailAddress") },
  { name: "complete a ticket", act: open("/Helpers/Autocomplete/Tickets?term=order&return=id") },
  { name: "preferences", act: open("/Prefs/Other.html") },
  { name: "about me", act: open("/Prefs/AboutMe.html") },
  { name: "reports", act: open("/Reports/ResolvedByOwner.html?Queue=General") },
  {
    name: "table for a spreadsheet",
    act: (page, url) =>
      page.request.get(
        `${url}/Search/Results.tsv?Query=${encodeURIComponent("id < 30")}&Format=${encodeURIComponent("'__id__','__Subject__','__Requestors__'")}`,
      ),
  },
  {
    name: "feed",
    act: async (page, url) => {
      await page.goto(url + query("id < 10"));
      const feed = await page.locator("a[href*='/NoAuth/rss/']").first().getAttribute("href");
      return page.request.get(new URL(feed ?? "", url).href);
    },
  },
  { name: "ticket over REST", act: (page, url) => page.request.get(`${url}/REST/2.0/ticket/16`) },
  {
    name: "search over REST",
    act: (page, url) =>
      page.request.get(
        `${url}/REST/2.0/tickets?query=${encodeURIComponent("id < 12")}&fields=Subject,Requestor`,
      ),
  },
];

/** What who runs the desk does; `requestor`: `users.id` of one. */
export function adminSteps(requestor: string): readonly Step[] {
  return [
    { name: "log out", act: open("/NoAuth/Logout.html") },
    logIn("root", "password"),
    { name: "users of the desk", act: open("/Admin/Users/") },
    {
      name: "users found",
      act: open(
        "/Admin/Users/index.html?UserField=RealName&UserOp=LIKE&UserString=Ines&Go=1&FindDisabledUsers=0",
      ),
    },
    { name: "a user's form", act: open(`/Admin/Users/Modify.html?id=${requestor}`) },
    { name: "a user's summary", act: open(`/User/Summary.html?id=${requestor}`) },
    { name: "a user's history", act: open(`/Admin/Users/History.html?id=${requestor}`) },
    { name: "search for users", act: open("/User/Search.html?UserString=jonas&Submit=1") },
    { name: "a group's members", act: open("/Admin/Groups/") },
    { name: "queue's watchers", act: open("/Admin/Queues/People.html?id=1") },
  ];
}
