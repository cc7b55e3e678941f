// A button that opens the browser's own printing.

export default function printPage(button) {
  button.addEventListener("click", () => window.print());
}
