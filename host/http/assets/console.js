// Shows each time in the reader's own zone and language. Without this script the page says it in UTC, which stays in the tooltip.
const short = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
for (const time of document.querySelectorAll("time[datetime]")) {
  const moment = new Date(time.dateTime);
  if (!Number.isNaN(moment.valueOf())) {
    time.textContent = short.format(moment);
  }
}
