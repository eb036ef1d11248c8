// Fills, filters and pages the table of findings from the data in the page. Only ever sets text, never markup.
(function () {
  "use strict";
  var PAGE = 50;
  var SIGNS = { critical: "◆", high: "▲", medium: "●", low: "○", info: "·" };
  var data = JSON.parse(document.getElementById("data").textContent);
  var form = document.getElementById("filter");
  var body = document.getElementById("rows");
  var count = document.getElementById("count");
  var pager = document.getElementById("pager");
  var previous = document.getElementById("previous");
  var next = document.getElementById("next");
  var label = document.getElementById("page");
  var FIELDS = ["q", "verdict", "severity", "control", "account", "check"];
  var page = 1;
  var title = document.title;
  var haystacks = [];

  function element(name, className, text) {
    var made = document.createElement(name);
    if (className) { made.className = className; }
    if (text !== undefined) { made.textContent = text; }
    return made;
  }

  // What the free text is looked for in; made when it is first needed.
  function haystack(at) {
    if (haystacks[at] === undefined) {
      var row = data.rows[at], check = data.checks[row[1]], asset = data.assets[row[2]];
      var account = data.accounts[asset[2]] || ["", ""];
      haystacks[at] = [check[0], check[1], check[2], check[3], asset[0], asset[1], asset[3], asset[4], account[0],
        account[1], row[4]].join("\n").toLowerCase();
    }
    return haystacks[at];
  }

  function wanted() {
    var filter = {};
    FIELDS.forEach(function (name) { filter[name] = form.elements[name].value.trim(); });
    return filter;
  }

  function matching(filter) {
    var words = filter.q.toLowerCase().split(/\s+/).filter(Boolean);
    var found = [];
    for (var at = 0; at < data.rows.length; at += 1) {
      var row = data.rows[at], check = data.checks[row[1]], account = data.accounts[data.assets[row[2]][2]];
      if (filter.severity && data.severities[row[0]] !== filter.severity) { continue; }
      if (filter.verdict && row[3] !== filter.verdict) { continue; }
      if (filter.control && check[2] !== filter.control) { continue; }
      if (filter.check && check[0] !== filter.check) { continue; }
      if (filter.account && (!account || account[0] !== filter.account)) { continue; }
      if (words.every(function (word) { return haystack(at).indexOf(word) !== -1; })) { found.push(at); }
    }
    return found;
  }

  function details(row) {
    var lines = row[5].concat(row[6].map(function (why) { return data.whys[why]; }));
    if (row[7].length) { lines.push("also affected: " + row[7].join(", ")); }
    lines.push(row[8]);
    var box = element("details");
    box.appendChild(element("summary", "", "Evidence"));
    var list = element("ul");
    lines.forEach(function (line) { list.appendChild(marked(element("li"), line)); });
    box.appendChild(list);
    return box;
  }

  // What a message puts in backticks is code.
  function marked(parent, message) {
    message.split(/(`[^`]*`)/).forEach(function (piece) {
      var isCode = piece.length > 1 && piece[0] === "`" && piece[piece.length - 1] === "`";
      parent.appendChild(isCode ? element("code", "", piece.slice(1, -1)) : document.createTextNode(piece));
    });
    return parent;
  }

  function cell(name, column) {
    var made = element(name);
    made.setAttribute("data-label", column);
    return made;
  }

  function line(row) {
    var check = data.checks[row[1]], asset = data.assets[row[2]], account = data.accounts[asset[2]];
    var severity = data.severities[row[0]];
    var tr = element("tr");
    var first = cell("td", "Severity");
    var sign = element("span", "sev sev-" + severity);
    var mark = element("span", "", SIGNS[severity]);
    mark.setAttribute("aria-hidden", "true");
    sign.appendChild(mark);
    sign.appendChild(document.createTextNode(" " + severity));
    first.appendChild(sign);
    first.appendChild(element("span", "id", row[3]));
    var second = cell("td", "Finding");
    second.appendChild(document.createTextNode(check[1]));
    if (row[4]) { second.appendChild(marked(element("span", "id"), row[4])); }
    second.appendChild(element("span", "id", check[0] + " · " + check[2]));
    second.appendChild(details(row));
    var third = cell("th", "Asset");
    third.setAttribute("scope", "row");
    var name = element(asset[6] ? "a" : "span", "name", asset[0]);
    if (asset[6]) { name.setAttribute("href", asset[6]); }
    third.appendChild(name);
    [[1, "internet"], [2, "sensitive"]].forEach(function (flag) {
      if (asset[5] & flag[0]) {
        third.appendChild(document.createTextNode(" "));
        third.appendChild(element("span", "badge", flag[1]));
      }
    });
    third.appendChild(element("span", "id", asset[1]));
    var fourth = cell("td", "Where");
    fourth.appendChild(document.createTextNode(account ? account[1] || account[0] : ""));
    fourth.appendChild(element("span", "id", asset[3]));
    [first, second, third, fourth].forEach(function (made) { tr.appendChild(made); });
    return tr;
  }

  function number(value) { return value.toLocaleString("en"); }

  function draw() {
    var found = matching(wanted());
    var pages = Math.max(1, Math.ceil(found.length / PAGE));
    page = Math.min(Math.max(page, 1), pages);
    var from = (page - 1) * PAGE;
    var rows = document.createDocumentFragment();
    found.slice(from, from + PAGE).forEach(function (at) { rows.appendChild(line(data.rows[at])); });
    body.textContent = "";
    body.appendChild(rows);
    count.textContent = found.length
      ? number(from + 1) + "–" + number(Math.min(from + PAGE, found.length)) + " of " + number(found.length) + " findings"
      : "No finding matches. Clear the filter to see all " + number(data.rows.length) + ".";
    pager.hidden = pages === 1;
    label.textContent = "page " + number(page) + " of " + number(pages);
    previous.disabled = page === 1;
    next.disabled = page === pages;
  }

  // The filter stands in the address, so that a view can be sent to somebody.
  function address() {
    var parts = new URLSearchParams();
    var filter = wanted();
    FIELDS.forEach(function (name) { if (filter[name]) { parts.set(name, filter[name]); } });
    if (page > 1) { parts.set("page", page); }
    var text = parts.toString();
    return "#findings" + (text ? "?" + text : "");
  }

  function remember() { history.replaceState(null, "", address()); }

  function turn(by) {
    page += by;
    draw();
    remember();
    document.getElementById("findings").scrollIntoView();
  }

  function read() {
    if (location.hash.indexOf("#findings?") === 0) {
      document.title = title;
      var parts = new URLSearchParams(location.hash.slice("#findings?".length));
      FIELDS.forEach(function (name) { form.elements[name].value = parts.get(name) || ""; });
      page = parseInt(parts.get("page"), 10) || 1;
      draw();
      document.getElementById("findings").scrollIntoView();
      return;
    }
    open(location.hash);
  }

  // What a link leads to may stand in something that is folded.
  function open(hash) {
    var target = hash.length > 1 && document.getElementById(decodeURIComponent(hash.slice(1)));
    document.title = title;
    if (!target) { return; }
    for (var box = target; box; box = box.parentElement) {
      if (box.tagName === "DETAILS") { box.open = true; }
    }
    // A page stands alone: it begins at its top, and a screen reader at its heading.
    if (target.classList.contains("page")) {
      var heading = target.querySelector("h2");
      heading.focus({ preventScroll: true });
      document.title = heading.textContent + " · Partywall";
      window.scrollTo(0, 0);
      return;
    }
    target.scrollIntoView();
  }

  document.querySelectorAll("a[data-filter]").forEach(function (link) {
    link.setAttribute("href", "#findings?" + link.getAttribute("data-filter"));
  });
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  form.addEventListener("input", function () { page = 1; draw(); remember(); });
  form.addEventListener("reset", function () { setTimeout(function () { page = 1; draw(); remember(); }, 0); });
  previous.addEventListener("click", function () { turn(-1); });
  next.addEventListener("click", function () { turn(1); });
  window.addEventListener("hashchange", read);
  form.hidden = false;
  draw();
  read();
})();
