// The button [data-copy] puts the text of .copy-text (or data-text) on the clipboard and says so.

export default function copy(element) {
  const source = element.querySelector(".copy-text");
  const said = element.querySelector(".copy-said");
  element.querySelector("[data-copy]").addEventListener("click", async () => {
    const text = element.dataset.text ?? source.textContent;
    said.textContent = (await put(text)) ? "已复制，可以去粘贴了" : select(source);
  });
}

async function put(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

function select(source) {
  getSelection().selectAllChildren(source);
  return "这台设备不允许自动复制，文字已选中，请按 Ctrl+C 或长按复制";
}
