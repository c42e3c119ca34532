/** Gives a file to the browser, which puts it where downloads go. */
export function saveFile({ blob, name }: { blob: Blob; name: string }): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // Not at once: a browser reads it after the click.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
