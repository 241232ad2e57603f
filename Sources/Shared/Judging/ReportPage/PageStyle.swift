// The style sheet of the page: for wide screens, phones and paper, light and dark, with few colours or none.

enum PageStyle {
  static let text = """
    :root{color-scheme:light dark;\(PageColors.light.properties)}
    \(PageColors.light.levelRules)
    @media screen and (prefers-color-scheme:dark){
    :root{\(PageColors.dark.properties)}
    \(PageColors.dark.levelRules)
    }
    \(rules)
    """

  private static let rules = """
    *,*::before,*::after{box-sizing:border-box}
    html{-webkit-text-size-adjust:100%;scroll-padding-top:1rem}
    body{margin:0;background:var(--background);color:var(--ink);line-height:1.5;font-variant-numeric:tabular-nums;
    font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif}
    header,main,footer{max-width:76rem;margin:0 auto;padding:0 clamp(.9rem,3vw,2rem)}
    header{padding-top:clamp(1.25rem,4vw,2.5rem)}
    h1,h2,h3{line-height:1.25;overflow-wrap:anywhere}
    h1{font-size:1.25rem;font-weight:600;color:var(--note);margin:0}
    h2{font-size:1.3rem;margin:0 0 .75rem}
    h3{font-size:1.05rem;margin:1.75rem 0 .5rem}
    p{margin:.5rem 0}
    a{color:var(--link)}
    code{font-size:.92em;background:var(--faint);border-radius:.25rem;padding:.05em .3em;white-space:nowrap}
    :focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:.2rem}
    main:focus{outline:none}
    .skip{position:absolute;left:-100vw;top:0;background:var(--panel);padding:.5rem 1rem;z-index:3}
    .skip:focus{left:0}
    .hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
    .lead{margin:.25rem 0 .75rem}
    .lead strong{display:block;font-size:clamp(2.1rem,8vw,3.2rem);line-height:1.15;letter-spacing:-.02em}
    .lead span,.note,small,caption,figcaption,footer{color:var(--note)}
    .note,caption,figcaption,footer{font-size:.92rem}
    nav ul,.gates,.gallery,.key{list-style:none;margin:0;padding:0}
    nav ul{display:flex;flex-wrap:wrap;gap:.3rem 1.1rem;margin:1rem 0 1.25rem}
    nav a{display:inline-block;padding:.2rem 0}
    .verdict a{display:inline-block;font-weight:600;text-decoration:none;border:2px solid;border-radius:.5rem;padding:.25rem .75rem}
    .good,.good a{color:var(--good)}
    .bad,.bad a{color:var(--bad)}
    .gates bdi{color:var(--ink);overflow-wrap:anywhere}
    section{background:var(--panel);border:1px solid var(--faint);border-radius:.75rem;padding:clamp(.9rem,2.5vw,1.75rem);
    margin:0 0 1.25rem}
    .figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,10.5rem),1fr));gap:1.1rem 1.5rem;margin:0 0 1rem}
    .figures div{border-top:2px solid var(--faint);padding-top:.4rem}
    .figures dt{font-size:.95rem}
    .figures dd{margin:0}
    .figures data{font-size:1.5rem;font-weight:600;letter-spacing:-.01em}
    .figures small{display:block;font-size:.84rem;line-height:1.35}
    .scroll{overflow-x:auto;max-width:100%;position:relative;container-type:inline-size}
    .long{max-height:36rem;overflow-y:auto}
    table{border-collapse:collapse;font-size:.95rem;width:max-content}
    caption{text-align:left;caption-side:top;padding-bottom:.6rem}
    caption span{display:block;position:sticky;left:0;max-width:min(42rem,calc(100vw - 3.8rem));max-width:min(42rem,100cqi)}
    th,td{padding:.4rem .7rem;text-align:left;vertical-align:middle;border-bottom:1px solid var(--faint)}
    thead th,thead td{border-bottom-color:var(--rule);vertical-align:bottom}
    th{font-weight:600}
    th[scope=row]{font-weight:400;min-width:5rem;max-width:18rem;overflow-wrap:anywhere;background:var(--panel);position:sticky;left:0}
    td bdi{overflow-wrap:anywhere}
    table:not(.heat) td:not(.number){max-width:18rem}
    .number{text-align:right;white-space:nowrap}
    th.number{white-space:normal}
    tfoot th,tfoot td{border-bottom:0;color:var(--note)}
    tfoot tr:first-child>*{border-top:1px solid var(--rule)}
    .none{color:var(--note)}
    .long thead th{position:sticky;top:0;background:var(--panel);z-index:2}
    .bar{min-width:8rem;background:linear-gradient(var(--right),var(--right)) left .7rem bottom .18rem/calc(var(--share)*.8) 3px no-repeat}
    th button{font:inherit;color:inherit;background:none;border:0;padding:.1rem 0;margin:0;cursor:pointer;text-align:inherit}
    th button::after{content:"↕";content:"↕"/"";display:inline-block;width:1.1em;text-align:right;color:var(--note)}
    th[aria-sort=ascending] button::after{content:"↑";content:"↑"/"";color:var(--link)}
    th[aria-sort=descending] button::after{content:"↓";content:"↓"/"";color:var(--link)}
    th button:hover{text-decoration:underline}
    .heat{border-collapse:separate;border-spacing:2px}
    .heat th,.heat td{border:0;padding:.3rem .35rem}
    .heat td{white-space:nowrap}
    .heat tbody td{min-width:3rem;height:2.6rem;text-align:center;line-height:1.15;border-radius:.2rem}
    .heat.dense tbody td{min-width:2.1rem;height:2rem;padding:.15rem .3rem}
    .heat small{display:block;font-size:.72rem;color:inherit}
    .heat .zero{color:var(--note);background:var(--background)}
    .heat th[scope=row]{z-index:1;text-align:right;min-width:4rem;max-width:11rem}
    .heat th[scope=col]{font-weight:400;vertical-align:bottom;text-align:center;padding-bottom:.4rem}
    .heat th[scope=col]>span{writing-mode:vertical-rl;transform:rotate(180deg);display:inline-block;max-height:11rem;
    overflow:hidden;text-align:left}
    .corner{color:var(--note);font-size:.84rem;text-align:right;vertical-align:bottom}
    .corner .to{display:block}
    figure{margin:0}
    .matrix img{max-width:100%;height:auto;border:1px solid var(--rule)}
    .pixels{image-rendering:pixelated}
    .charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,19rem),1fr));gap:1.5rem 2rem;align-items:start}
    .chart h3{margin-top:0}
    .chart>svg{display:block;width:100%;max-width:25rem;height:auto}
    .beside{display:grid;gap:1.5rem}
    .beside table:not(.heat) :is(th,td){padding-inline:.5rem}
    .beside h3{margin-top:.25rem}
    @media (min-width:74rem){.beside{grid-template-columns:minmax(0,1.55fr) minmax(0,1fr)}}
    svg text{font-size:12px;fill:var(--note)}
    .grid{stroke:var(--faint);fill:none}
    .axis{stroke:var(--rule);fill:none}
    .diagonal{stroke:var(--note);stroke-dasharray:5 4;fill:none}
    .curve{fill:none;stroke-width:2.2;stroke-linejoin:round}
    .other{stroke:var(--rule);stroke-width:1.4}
    .c1{stroke:var(--curve-1);stroke-width:2.8}
    .c2{stroke:var(--curve-2);stroke-dasharray:9 4}
    .c3{stroke:var(--curve-3);stroke-dasharray:2 3}
    .c4{stroke:var(--curve-4);stroke-dasharray:10 3 2 3}
    .c5{stroke:var(--curve-5);stroke-dasharray:5 3}
    .dot{fill:var(--panel);stroke:var(--curve-1);stroke-width:2}
    .bar-right{fill:var(--right);background:var(--right)}
    .bar-count{fill:var(--note)}
    .line-wrong{stroke:var(--wrong);stroke-width:3;background:linear-gradient(var(--wrong),var(--wrong)) center/100% 3px no-repeat}
    .key{display:flex;flex-wrap:wrap;gap:.15rem 1.1rem;margin:.5rem 0;font-size:.92rem}
    .key li{overflow-wrap:anywhere}
    .swatch{display:inline-block;width:2rem;height:.65rem;margin-right:.4rem;vertical-align:baseline}
    .gallery{display:grid;grid-template-columns:repeat(auto-fill,minmax(7.5rem,1fr));gap:1.25rem 1rem;font-size:.92rem;line-height:1.35}
    .gallery img{display:block;max-width:100%;height:auto;border:1px solid var(--rule);border-radius:.25rem;margin-bottom:.4rem}
    .gallery span{display:block;overflow-wrap:anywhere}
    .gallery figcaption{color:var(--ink)}
    .gallery .wrong{color:var(--wrong);font-weight:600}
    .gallery .wrong small{font-weight:400}
    .gallery .place{color:var(--note);font-size:.84rem}
    details{margin:.75rem 0}
    summary{cursor:pointer;color:var(--link);padding:.2rem 0}
    footer{padding-bottom:2rem}
    @media (prefers-reduced-motion:no-preference){html{scroll-behavior:smooth}}
    @media (forced-colors:active){svg text{fill:CanvasText}.heat td,.bar,.swatch,svg path,svg rect{forced-color-adjust:none}}
    @media (max-width:30rem){th,td{padding:.4rem .45rem}section{border-radius:.5rem}
    .figures{grid-template-columns:1fr 1fr;gap:.9rem .75rem}.figures data{font-size:1.3rem}th[scope=row]{min-width:5rem;max-width:8rem}}
    @media print{nav,.skip,th button::after{display:none}.scroll{overflow:visible;max-height:none}
    body,section{background:#fff}section{border:0;padding:0}figure,tr,.gallery li{break-inside:avoid}
    h2,h3{break-after:avoid}tfoot{display:table-row-group}.charts,.beside{display:block}.chart{margin-bottom:1.5rem}
    *{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
    """
}
