// Each text that is shown with its contrast to what is behind it, by the formulas of WCAG 2.2.
(() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  // red, green and blue from 0 to 255, and opacity from 0 to 1, of any colour that CSS knows
  const parse = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  };
  const over = (above, below) => [0, 1, 2].map((i) => above[3] * above[i] + (1 - above[3]) * below[i]).concat(1);
  const behind = (element) => {
    const below = element.parentElement ? behind(element.parentElement) : [255, 255, 255, 1];
    return over(parse(getComputedStyle(element).backgroundColor), below);
  };
  const luminance = ([red, green, blue]) => {
    const linear = [red, green, blue].map((value) => value / 255).map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const contrastOf = (element) => {
    const style = getComputedStyle(element);
    const ground = behind(element);
    const ink = over(parse(element.closest("svg") ? style.fill : style.color), ground);
    const [light, dark] = [luminance(ink), luminance(ground)].sort((one, other) => other - one);
    return (light + 0.05) / (dark + 0.05);
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim();
    if (text && element.checkVisibility() && !element.closest("script, style, .hidden, defs")) {
      found.push({ text, contrast: contrastOf(element) });
    }
  }
  return found;
})()
