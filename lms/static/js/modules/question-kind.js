// The form of a question shows what the chosen kind needs: [data-kinds] names the kinds a part is for.

export default function questionKind(form) {
  const kind = form.querySelector("select[name=kind]");
  const parts = [...form.querySelectorAll("[data-kinds]")];
  const show = () => {
    for (const part of parts) part.hidden = !part.dataset.kinds.split(" ").includes(kind.value);
  };
  kind.addEventListener("change", show);
  show();
}
