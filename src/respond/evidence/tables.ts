/** 1234567 as "1,234,567". */
export function count(number: number): string {
  return number.toLocaleString("en-US");
}

/** "1 customer", "2 customers". */
export function counted(number: number, one: string, many: string = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/** A time as a reader writes it: `2019-07-01 09:02:00`, UTC. */
export function readable(time: string): string {
  return time
    .replace("T", " ")
    .replace(/(\.0+)?Z$/, "")
    .slice(0, 23);
}
